import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { customerNameKey, readCustomerName } from '../../src/tenants/customer-name.ts'
import type { TenantSort } from '../../src/tenants/list/list-store.ts'
import { createTenants, type Tenants } from '../../src/tenants/tenants.ts'
import { toTenantView } from '../../src/tenants/view.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { admin, emptyDatabase, failure, givenTenant, limitedTo, reader } from './givens.ts'

let database: TestDatabase
let audit: Audit
let tenants: Tenants
const dropped: string[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  audit = createAudit({ db: database.db, key: randomBytes(32) })
  tenants = createTenants({ db: database.db, audit, forgetTenant: id => void dropped.push(id) })
})
afterAll(() => database.drop())
beforeEach(() => emptyDatabase(database))

const sorts: TenantSort[] = [
  'name',
  '-name',
  'status',
  'lastSuccessAt',
  '-lastSuccessAt',
  'consentedAt',
  '-consentedAt',
]

test.each(sorts)('pages by %s show every tenant once, ties and empty values included', async sort => {
  for (let n = 0; n < 23; n += 1) {
    await givenTenant(database.db, {
      name: ['alpha', 'Beta', 'beta', 'Ångström', 'zeta'][n % 5] ?? '',
      customer: `Customer ${n}`,
      status: ['connected', 'degraded', 'verifying', 'disconnected'][n % 4] ?? '',
      lastSuccessAt: n % 3 === 0 ? null : new Date(Date.UTC(2026, 10, 1 + (n % 4), 0, 0, 0, n % 2)),
    })
  }

  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page = await tenants.list(admin, {}, { sort, limit: 4, cursor })
    seen.push(...page.items.map(tenant => tenant.id))
    cursor = page.nextCursor
  } while (cursor)

  const whole = await tenants.list(admin, {}, { sort, limit: 200 })
  expect(seen).toEqual(whole.items.map(tenant => tenant.id))
  expect(new Set(seen).size).toBe(23)
})

test('the worst tenants come first when sorted by status', async () => {
  for (const status of ['connected', 'disconnected', 'verifying', 'degraded'])
    await givenTenant(database.db, { status })

  const { items } = await tenants.list(admin, {}, { sort: 'status' })

  expect(items.map(tenant => tenant.status)).toEqual(['disconnected', 'degraded', 'verifying', 'connected'])
})

test('search finds by name, domain and id, and takes wildcards literally', async () => {
  const fabrikam = await givenTenant(database.db, { name: 'Fabrikam 100%', domain: 'fabrikam.example' })
  const adatum = await givenTenant(database.db, { name: 'Adatum', domain: 'adatum.example' })
  const found = async (search: string) =>
    (await tenants.list(admin, { search })).items.map(tenant => tenant.id)

  expect(await found('fabri')).toEqual([fabrikam])
  expect(await found('ADATUM.EXAMPLE')).toEqual([adatum])
  expect(await found(adatum.slice(0, 13))).toEqual([adatum])
  expect(await found('100%')).toEqual([fabrikam])
  expect(await found('%')).toEqual([fabrikam])
  expect(await found("x' OR '1'='1")).toEqual([])
  expect(await found('\u0000')).toHaveLength(2)
})

test('a cursor that was not given is refused, whatever it holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), fc.constantFrom(...sorts), async (text, sort) => {
      const crafted = [text, Buffer.from(JSON.stringify([sort, text, 'x'])).toString('base64url')]
      for (const cursor of crafted) {
        await expect(tenants.list(admin, {}, { sort, cursor })).rejects.toMatchObject({ code: 'invalid' })
      }
    }),
    { numRuns: 50 },
  )
  const id = '11111111-1111-4111-8111-111111111111'
  const wrong = Buffer.from(JSON.stringify(['status', 'a', id])).toString('base64url')
  await expect(tenants.list(admin, {}, { sort: 'status', cursor: wrong })).rejects.toMatchObject({
    code: 'invalid',
  })
})

test('a tenant outside the actor’s tags is not found, not counted and not listed', async () => {
  const north = await givenTenant(database.db, { name: 'North', tags: ['north'] })
  const south = await givenTenant(database.db, { name: 'South', tags: ['south'], status: 'degraded' })
  const actor = limitedTo('north')

  const summary = await tenants.summarize(actor)

  expect((await tenants.list(actor)).items.map(tenant => tenant.id)).toEqual([north])
  expect(summary).toMatchObject({ total: 1, byStatus: { connected: 1, degraded: 0 } })
  await expect(tenants.get(actor, south)).rejects.toMatchObject({ code: 'not_found' })
  await expect(tenants.timeline(actor, south)).rejects.toMatchObject({ code: 'not_found' })
  await expect(tenants.remove(actor, south)).rejects.toMatchObject({ code: 'not_found' })
  await expect(tenants.get(admin, 'no-guid')).rejects.toMatchObject({ code: 'not_found' })
})

test('tags are cleaned, kept in the timeline and audited', async () => {
  const id = await givenTenant(database.db)

  const tenant = await tenants.change(admin, id, { tags: [' VIP ', 'north', 'vip', ''] })

  expect(tenant.tags).toEqual(['north', 'vip'])
  expect((await tenants.timeline(admin, id)).items[0]).toMatchObject({
    type: 'tags_changed',
    detail: 'north, vip',
  })
  expect((await audit.list(admin)).items[0]).toMatchObject({ action: 'tenant.tags_changed', tenantId: id })
})

test('an administrator limited to tags cannot tag a tenant out of sight, and a reader cannot tag', async () => {
  const id = await givenTenant(database.db, { tags: ['north'] })

  await expect(tenants.change(limitedTo('north'), id, { tags: ['south'] })).rejects.toMatchObject({
    code: 'invalid',
  })
  await expect(tenants.change(reader, id, { tags: ['north'] })).rejects.toMatchObject({ code: 'forbidden' })
  await expect(tenants.change(admin, id, { tags: ['<b>'] })).rejects.toMatchObject({ code: 'invalid' })
})

test('a tenant is renamed, its tags stay, and both the timeline and the audit say so', async () => {
  const id = await givenTenant(database.db, { name: 'Fabrikam', tags: ['north'] })

  const tenant = await tenants.change(admin, id, { name: 'Fabrikam\u202e Bakery ' })
  const same = await tenants.change(admin, id, { name: 'Fabrikam Bakery', tags: ['north'] })

  expect(tenant).toMatchObject({ name: 'Fabrikam Bakery', tags: ['north'] })
  expect(same.name).toBe('Fabrikam Bakery')
  const events = (await tenants.timeline(admin, id)).items
  expect(events.map(({ type, detail }) => [type, detail])).toEqual([['renamed', 'Fabrikam Bakery']])
  expect((await audit.list(admin)).items[0]).toMatchObject({ action: 'tenant.renamed', tenantId: id })
  await expect(tenants.change(admin, id, { name: '\u200b' })).rejects.toMatchObject({
    code: 'invalid',
    details: { fields: { name: expect.stringContaining('needs a name') } },
  })
})

test('offboarding drops tokens, purges the customer and its links, and keeps the audit', async () => {
  const { db } = database
  const id = await givenTenant(db)
  const { customerId } = await db.tenant.findUniqueOrThrow({ where: { id } })
  await db.tenantEvent.create({ data: { tenantId: id, type: 'connected' } })
  await db.invitation.create({
    data: {
      customerId,
      tenantId: id,
      tokenHash: 'x',
      status: 'verified',
      createdById: 'a',
      createdByLabel: 'a',
      expiresAt: new Date(),
    },
  })
  dropped.length = 0

  await tenants.remove(admin, id)

  expect(dropped).toContain(id)
  expect(await db.tenant.count()).toBe(0)
  expect(await db.tenantEvent.count()).toBe(0)
  expect(await db.invitation.count()).toBe(0)
  expect(await db.customer.count()).toBe(0)
  expect((await audit.list(systemActor)).items[0]).toMatchObject({
    action: 'tenant.offboarded',
    tenantId: id,
  })
  expect(await audit.verifyChain()).toMatchObject({ intact: true })
})

test('a customer keeps its other tenants when one is offboarded', async () => {
  const first = await givenTenant(database.db, { customer: 'Contoso' })
  const second = await givenTenant(database.db, { customer: 'Contoso' })

  await tenants.remove(admin, first)

  expect((await tenants.list(admin)).items.map(tenant => tenant.id)).toEqual([second])
})

test('the view has the contract’s members and never more of an error than may be shown', async () => {
  const id = await givenTenant(database.db, {
    rolesGranted: ['graph:SecurityIncident.Read.All'],
    rolesMissing: [],
  })
  const lastError = failure('license_missing', { requestId: 'r-1' })
  await database.db.tenant.update({ where: { id }, data: { lastError } })

  const view = toTenantView(await tenants.get(admin, id))

  expect(view).toMatchObject({
    tenantId: id,
    status: 'connected',
    roles: { granted: ['graph:SecurityIncident.Read.All'], missing: [] },
    consentedBy: null,
    lastError: { code: 'license_missing', permanent: true, requestId: 'r-1' },
  })
  expect(view.surfaces.find(entry => entry.surface === 'graph')?.capabilities).toEqual(['incidents.read'])
})

test('names that look alike are one customer, and disguises are removed', () => {
  expect(customerNameKey(readCustomerName('  Contoso\u200b  Ltd '))).toBe(
    customerNameKey(readCustomerName('contoso ltd')),
  )
  expect(() => readCustomerName(' \u202e\u0000 ')).toThrow('needs a name')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      let name: string
      try {
        name = readCustomerName(text)
      } catch {
        return
      }
      expect(readCustomerName(name)).toBe(name)
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    }),
  )
})
