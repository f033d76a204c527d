import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { failure, givenTenant } from '../../tenants/givens.ts'
import { analyst, ended, givenHunts, givenTenants, graphAnswer, huntingRole, query } from '../hunts/stage.ts'
import { events, eventsIn } from './events.ts'

test('an answer at the cap is fetched span by span until it is whole', async () => {
  const all = events(430)
  const { db, hunts, calls } = await givenHunts((_, { timespan }) => eventsIn(all, timespan, 100), {
    rowCap: 100,
  })
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, {
    query: 'DeviceEvents | project Timestamp, DeviceName',
    tenants: 'all',
  })
  const hunt = await ended(hunts, id)
  const { rows } = await hunts.page(analyst, id, { limit: 1_000 })

  const [tenant] = hunt.tenants
  expect(tenant).toMatchObject({ status: 'succeeded', rowCount: 430, truncated: false, error: null })
  expect(tenant?.slices.length).toBeGreaterThan(4)
  expect(tenant?.slices.reduce((sum, slice) => sum + slice.rows, 0)).toBe(430)
  expect(rows.map(row => row[3])).toEqual(all.map(event => event.DeviceName))
  expect(calls.length).toBeLessThan(30)
})

test('an answer at the cap that cannot be cut says why rows are missing', async () => {
  const all = events(150)
  const { db, hunts } = await givenHunts((_, { timespan }) => eventsIn(all, timespan, 100), { rowCap: 100 })
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query: 'DeviceEvents | top 100 by Timestamp', tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(hunt.tenants[0]).toMatchObject({
    status: 'succeeded',
    rowCount: 100,
    truncated: true,
    error: { code: 'result_too_large', message: expect.stringContaining('top relates rows') },
  })
  expect(await hunts.coverage(analyst, id)).toMatchObject({ answered: 1, truncated: 1 })
})

test('what fails between two spans is told, and the spans before it are kept', async () => {
  const all = events(300)
  let calls = 0
  const { db, hunts } = await givenHunts(
    (_, { timespan }) => {
      if (++calls === 5) throw new RemoteError(failure('role_missing'))
      return eventsIn(all, timespan, 100)
    },
    { rowCap: 100 },
  )
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query: 'DeviceEvents', tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(hunt.tenants[0]).toMatchObject({
    status: 'succeeded',
    truncated: true,
    error: { code: 'role_missing' },
  })
  expect(hunt.rowCount).toBeGreaterThan(0)
  expect((await hunts.page(analyst, id)).total).toBe(hunt.rowCount)
})

test.each(['query_timeout', 'timeout'] as const)('a query that ended by %s is asked once', async code => {
  const { db, hunts, calls } = await givenHunts(id => {
    if (id.startsWith('a0000000')) throw new RemoteError(failure(code, { serviceCode: 'TimeoutError' }))
    return graphAnswer([{ DeviceName: 'x' }])
  })
  const slow = await givenTenant(db, {
    id: 'a0000000-0000-4000-8000-000000000001',
    rolesGranted: [huntingRole],
  })
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query: 'DeviceEvents', tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(calls.filter(call => call === slow)).toHaveLength(1)
  expect(hunt).toMatchObject({ status: 'partial', rowCount: 1 })
  expect(hunt.tenants.find(({ tenantId }) => tenantId === slow)).toMatchObject({
    status: 'failed',
    attempts: 1,
    error: { code },
  })
})

test('a connection that gives no answer is tried once more', async () => {
  const { db, hunts, calls } = await givenHunts(() => {
    throw new RemoteError(failure('timeout', { serviceCode: 'UND_ERR_CONNECT_TIMEOUT' }))
  })
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query: 'DeviceEvents', tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(calls).toHaveLength(2)
  expect(hunt.tenants[0]).toMatchObject({ status: 'failed', attempts: 2, error: { code: 'timeout' } })
})

test('an answer that is none fails its tenant alone', async () => {
  const { db, hunts } = await givenHunts(
    id => (id.startsWith('a0000000') ? '{"value":[]}' : graphAnswer([])),
    {
      engine: { pollMs: 100 },
    },
  )
  await givenTenant(db, {
    id: 'a0000000-0000-4000-8000-000000000001',
    name: 'A',
    rolesGranted: [huntingRole],
  })
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(hunt.tenants.map(({ status, error }) => [status, error?.code])).toEqual([
    ['failed', 'bad_answer'],
    ['succeeded', undefined],
  ])
})

test('a fault of ours is tried again, and told as ours when it lasts', async () => {
  const calls: Record<string, number> = {}
  const lasting = 'a0000000-0000-4000-8000-000000000001'
  const { db, hunts } = await givenHunts(id => {
    calls[id] = (calls[id] ?? 0) + 1
    if (id === lasting || calls[id] === 1) throw new TypeError('a bug of ours')
    return graphAnswer([{ DeviceName: 'x' }])
  })
  await givenTenant(db, { id: lasting, rolesGranted: [huntingRole] })
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const hunt = await ended(hunts, id)

  const outcomeOf = (tenantId: string) => hunt.tenants.find(tenant => tenant.tenantId === tenantId)
  expect(outcomeOf(lasting)).toMatchObject({
    status: 'failed',
    error: { code: 'unexpected', service: null, message: expect.stringContaining('in Tenantry') },
  })
  expect(calls[lasting]).toBe(3)
  expect(hunt.tenants.filter(({ status }) => status === 'succeeded')).toHaveLength(1)
})
