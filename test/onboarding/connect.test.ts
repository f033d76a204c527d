import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RemoteError } from '../../src/errors.ts'
import { readImportLines } from '../../src/onboarding/import-lines.ts'
import { createConnectLists } from '../../src/onboarding/lists/connect-lists.ts'
import { createStage, type Stage } from '../consent/stage.ts'
import { admin, givenTenant, limitedTo, reader } from '../tenants/givens.ts'

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.clean())

test('a tenant that consented elsewhere is connected after the same proof', async () => {
  const customer = stage.nextCustomer()
  stage.simulator.control.grantConsent(customer.tenantId)

  const tenant = await stage.connect.connectTenant(admin, { tenant: customer.domain, name: 'Fabrikam' })

  expect(tenant).toMatchObject({
    id: customer.tenantId,
    name: 'Fabrikam',
    domain: customer.domain,
    status: 'connected',
    consentedByObjectId: null,
  })
  expect(tenant.verifiedAt).not.toBeNull()
  const actions = (await stage.audit.list(admin)).items.map(item => item.action)
  expect(actions).toEqual(['tenant.connected'])
})

test('a tenant that did not consent leaves nothing behind', async () => {
  const customer = stage.nextCustomer()

  const connecting = stage.connect.connectTenant(admin, { tenant: customer.tenantId, name: 'Fabrikam' })

  await expect(connecting).rejects.toMatchObject({ code: 'consent_missing' })
  expect(await stage.db.tenant.count()).toBe(0)
  expect(await stage.db.customer.count()).toBe(0)
})

test('an app that is present without any permission has not been consented to', async () => {
  const customer = stage.nextCustomer()
  stage.simulator.control.grantConsent(customer.tenantId)
  stage.simulator.control.revokeConsent(customer.tenantId)

  const connecting = stage.connect.connectTenant(admin, { tenant: customer.tenantId, name: 'Fabrikam' })

  await expect(connecting).rejects.toMatchObject({ code: 'consent_missing' })
})

test('a tenant that granted only some roles is connected as degraded', async () => {
  const customer = stage.nextCustomer()
  stage.simulator.control.grantConsent(customer.tenantId, ['graph:SecurityIncident.Read.All'])

  const tenant = await stage.connect.connectTenant(admin, { tenant: customer.tenantId, name: 'Fabrikam' })

  expect(tenant.status).toBe('degraded')
  expect(tenant.rolesMissing).toContain('endpoint:Machine.Read.All')
})

test('roles of an older surface stand in for the required ones', async () => {
  const customer = stage.nextCustomer()
  stage.simulator.control.grantConsent(customer.tenantId, [
    'defender:Incident.Read.All',
    'defender:AdvancedHunting.Read.All',
    'endpoint:Alert.Read.All',
    'endpoint:Machine.Read.All',
  ])

  const tenant = await stage.connect.connectTenant(admin, { tenant: customer.tenantId, name: 'Fabrikam' })

  expect(tenant).toMatchObject({ status: 'connected', rolesMissing: [] })
})

test('a tenant of another customer is taken', async () => {
  const customer = stage.nextCustomer()
  await givenTenant(stage.db, { id: customer.tenantId, customer: 'Adatum', tags: ['south'] })
  const connect = (actor: typeof admin, name: string) =>
    stage.connect.connectTenant(actor, { tenant: customer.tenantId, name })

  await expect(connect(admin, 'Fabrikam')).rejects.toMatchObject({ code: 'tenant_taken' })
  await expect(connect(reader, 'Adatum')).rejects.toMatchObject({ code: 'forbidden' })
})

test('of a tenant that others see one learns no more than of one that never consented', async () => {
  const [hidden, unknown] = [stage.nextCustomer(), stage.nextCustomer()]
  stage.simulator.control.grantConsent(hidden.tenantId)
  await givenTenant(stage.db, { id: hidden.tenantId, customer: 'Adatum', tags: ['south'] })
  const refusal = (tenant: string, name: string) =>
    stage.connect.connectTenant(limitedTo('north'), { tenant, name }).catch(error => ({
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      details: error.details,
    }))

  const ofHidden = await refusal(hidden.tenantId, 'Adatum')

  expect(ofHidden).toMatchObject({ code: 'consent_missing' })
  expect(await refusal(hidden.tenantId, 'Fabrikam')).toEqual(ofHidden)
  expect(await refusal(unknown.tenantId, 'Adatum')).toEqual(ofHidden)
})

test('who sees listed tenants connects these only', async () => {
  const [listed, other] = [stage.nextCustomer(), stage.nextCustomer()]
  for (const { tenantId } of [listed, other]) stage.simulator.control.grantConsent(tenantId)
  const actor = { ...admin, tenants: { tags: [], ids: [listed.tenantId] } }

  const tenant = await stage.connect.connectTenant(actor, { tenant: listed.tenantId, name: 'Fabrikam' })

  expect(tenant).toMatchObject({ id: listed.tenantId, tags: [] })
  await expect(
    stage.connect.connectTenant(actor, { tenant: other.tenantId, name: 'Adatum' }),
  ).rejects.toMatchObject({ code: 'forbidden' })
})

test('who is limited to tags connects a tenant that it then sees', async () => {
  const customer = stage.nextCustomer()
  stage.simulator.control.grantConsent(customer.tenantId)

  const tenant = await stage.connect.connectTenant(limitedTo('north'), {
    tenant: customer.tenantId,
    name: 'Fabrikam',
  })

  expect(tenant.tags).toEqual(['north'])
})

test('an outage is said to be one', async () => {
  const customer = stage.nextCustomer()
  stage.simulator.control.addFault({
    service: 'login',
    tenantId: customer.tenantId,
    path: '/token',
    kind: 'reset',
  })

  const connecting = stage.connect.connectTenant(admin, { tenant: customer.tenantId, name: 'Fabrikam' })

  await expect(connecting).rejects.toBeInstanceOf(RemoteError)
})

test('a grant whose redirect failed is found by checking the link', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  stage.simulator.control.setNextConsent('500113-after-grant', customer.tenantId)
  await expect(visitor.approve()).rejects.toThrow('AADSTS500113')

  const tenant = await stage.connect.connectInvitation(admin, visitor.invitation.id)

  expect(tenant.status).toBe('connected')
  expect(await visitor.status()).toBe('verified')
  expect(await visitor.events()).toEqual(['created', 'started', 'consented', 'verified'])
})

test('every line of a list gets its outcome and a bad one costs no other', async () => {
  const [good, lacking, other] = [stage.nextCustomer(), stage.nextCustomer(), stage.nextCustomer()]
  stage.simulator.control.grantConsent(good.tenantId)
  stage.simulator.control.grantConsent(other.tenantId)
  await givenTenant(stage.db, { id: other.tenantId, customer: 'Somebody' })
  const text = [
    'Customer name;Tenant;Tags',
    `"Good; Ltd";${good.domain};north|vip`,
    `Lacking;${lacking.tenantId}`,
    '',
    '"Broken;x',
    'No tenant;',
    `Thief;${other.tenantId}`,
    'Nobody;nobody.example',
  ].join('\r\n')
  const asked: string[] = []
  const lists = createConnectLists({
    db: stage.db,
    connect: stage.connect,
    enqueue: async list => {
      asked.push(list)
    },
  })

  const id = await lists.create(admin, text)
  await lists.work(id)

  expect(asked).toEqual([id])
  const outcomes = await lists.lines(admin, id, { limit: 200 })
  expect(outcomes.map(one => [one.line, one.outcome, one.error?.code ?? null])).toEqual([
    [2, 'connected', null],
    [3, 'refused', 'consent_missing'],
    [5, 'bad_line', 'bad_line'],
    [6, 'bad_line', 'bad_line'],
    [7, 'refused', 'tenant_taken'],
    [8, 'refused', 'tenant_not_found'],
  ])
  expect(await lists.get(admin, id)).toMatchObject({ total: 6, done: 6, finishedAt: expect.any(String) })
  expect(await stage.tenant(good.tenantId)).toMatchObject({ name: 'Good; Ltd', tags: ['north', 'vip'] })
})

test('lines are read with commas, semicolons or tabs, with and without a heading', () => {
  const entry = { kind: 'entry', name: 'Fabrikam', tenant: 'fabrikam.example', tags: ['a', 'b'] }

  expect(readImportLines('Fabrikam,fabrikam.example,a,b')).toMatchObject([entry])
  expect(readImportLines('\ufeffFabrikam\tfabrikam.example\ta|b')).toMatchObject([entry])
  expect(readImportLines('Tenant,Tags,Name\nfabrikam.example,a;b,Fabrikam')).toMatchObject([
    { ...entry, line: 2 },
  ])
  expect(readImportLines('"Fabrikam, Inc",fabrikam.example')).toMatchObject([
    { name: 'Fabrikam, Inc', tags: [] },
  ])
})

test('any text is read without a throw, one result for each line that is not empty', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const lines = readImportLines(`Name,Tenant\n${text}`)
      const filled = text.split(/\r\n|\n|\r/).filter(line => line.trim() !== '')
      expect(lines).toHaveLength(filled.length)
    }),
  )
})
