import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { canonicalJson, storableJson } from '../../src/platform/storable.ts'
import { type Actor, systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase } from '../helpers/database.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let audit: Audit
const key = randomBytes(32)
const analyst: Actor = {
  kind: 'staff',
  id: 'b7a9a1de-0000-4000-8000-000000000002',
  label: 'analyst@partner.example',
  role: 'analyst',
  tenants: { tags: ['north'], ids: [] },
}

beforeAll(async () => {
  database = await createTestDatabase()
  audit = createAudit({ db: database.db, key })
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.emptyAudit()
})

test('events recorded at once from many sides form one chain without gaps', async () => {
  const events = Array.from({ length: 20 }, (_, n) => ({
    actor: systemActor,
    action: 'test.done',
    target: `${n}`,
  }))

  await Promise.all(events.map(event => audit.record(event)))

  expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 20 })
})

test('an event recorded in a transaction that fails is not kept', async () => {
  await expect(
    database.db.$transaction(async tx => {
      await audit.record({ actor: systemActor, action: 'test.done' }, tx)
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')

  expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 0 })
})

test('text that PostgreSQL refuses is cleaned, and the chain still verifies', async () => {
  await audit.record({
    actor: { ...systemActor, label: 'nul \u0000 and half \ud800' },
    action: 'test.done',
    detail: { z: 1, a: 'x\u0000y', nested: { deep: ['\udc00', 1.5, null] }, gone: undefined },
  })

  expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 1 })
})

test('the list is newest first, filtered and cut in pages', async () => {
  for (let n = 1; n <= 5; n += 1) {
    await audit.record({ actor: systemActor, action: n === 3 ? 'test.other' : 'test.done', target: `t${n}` })
  }

  const first = await audit.list(systemActor, { action: 'test.done' }, { limit: 3 })
  const second = await audit.list(
    systemActor,
    { action: 'test.done' },
    { limit: 3, cursor: first.nextCursor },
  )

  expect(first.items.map(item => item.target)).toEqual(['t5', 't4', 't2'])
  expect(second.items.map(item => item.target)).toEqual(['t1'])
  expect(second.nextCursor).toBeNull()
  await expect(audit.list(systemActor, {}, { cursor: "1'; --" })).rejects.toMatchObject({ code: 'invalid' })
})

test('an actor limited to tags reads about its tenants and its own doings only', async () => {
  const { db } = database
  const customer = await db.customer.create({ data: { name: 'Fabrikam', nameKey: 'fabrikam' } })
  const mine = '11111111-1111-4111-8111-111111111111'
  const other = '22222222-2222-4222-8222-222222222222'
  for (const [id, tag] of [
    [mine, 'north'],
    [other, 'south'],
  ] as const) {
    await db.tenant.create({
      data: { id, customerId: customer.id, name: id, cloud: 'global', status: 'connected', tags: [tag] },
    })
  }
  await audit.record({ actor: systemActor, action: 'tenant.seen', tenantId: mine })
  await audit.record({ actor: systemActor, action: 'tenant.seen', tenantId: other })
  await audit.record({ actor: analyst, action: 'staff.signed_in' })

  const { items } = await audit.list(analyst)

  expect(items.map(item => [item.action, item.tenantId])).toEqual([
    ['staff.signed_in', null],
    ['tenant.seen', mine],
  ])
})

test('canonical text does not depend on the order of members', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const stored = storableJson(value)
      const again = storableJson(JSON.parse(JSON.stringify(stored, null, 2)))
      return canonicalJson(stored) === canonicalJson(again)
    }),
  )
})
