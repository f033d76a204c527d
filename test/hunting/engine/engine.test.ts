import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { failure, givenTenant } from '../../tenants/givens.ts'
import {
  analyst,
  ended,
  givenHunts,
  givenTenants,
  graphAnswer,
  huntingRole,
  query,
  refusalOf,
  until,
} from '../hunts/stage.ts'

test('a throttled tenant waits its time without holding a place, and then answers', async () => {
  let refusals = 0
  const { db, hunts } = await givenHunts(
    id => {
      // Long enough for the other tenants to answer meanwhile on a busy machine.
      if (id.startsWith('a0000000') && refusals++ === 0)
        throw new RemoteError(failure('throttled', { retryAfterSeconds: 6, status: 429 }))
      return graphAnswer([{ DeviceName: 'x' }])
    },
    { engine: { concurrency: 1 } },
  )
  await givenTenant(db, {
    id: 'a0000000-0000-4000-8000-000000000001',
    name: 'A',
    rolesGranted: [huntingRole],
  })
  await givenTenants(db, 5)
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })

  const waiting = await until(
    () => hunts.get(analyst, id),
    hunt => hunt.counts.waiting === 1 && hunt.counts.succeeded === 5,
  )
  const coverage = await hunts.coverage(analyst, id)
  const hunt = await ended(hunts, id)

  expect(waiting.counts).toMatchObject({ total: 6, queued: 1, waiting: 1 })
  expect(waiting.tenants[0]).toMatchObject({ status: 'waiting', error: { code: 'throttled' } })
  expect(coverage).toMatchObject({
    asked: 6,
    answered: 5,
    waiting: 1,
    waitingUntil: waiting.tenants[0]?.waitingUntil,
  })
  expect(hunt).toMatchObject({ status: 'succeeded', rowCount: 6 })
  expect(hunt.tenants[0]).toMatchObject({ attempts: 2, error: null, waitingUntil: null })
})

test('a tenant that stays throttled fails at the deadline of the hunt, with what it said', async () => {
  const { db, hunts } = await givenHunts(
    () => {
      throw new RemoteError(failure('throttled', { retryAfterSeconds: 1 }))
    },
    { deadlineMs: 3_000 },
  )
  await givenTenants(db, 1)

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const hunt = await ended(hunts, id)

  expect(hunt).toMatchObject({
    status: 'failed',
    tenants: [{ status: 'failed', error: { code: 'throttled' } }],
  })
})

test('some failed makes a hunt partial, and the account names the reasons', async () => {
  const { db, hunts, calls } = await givenHunts(id => {
    if (id.startsWith('a0000000')) throw new RemoteError(failure('license_missing'))
    return graphAnswer([])
  })
  await givenTenant(db, { id: 'a0000000-0000-4000-8000-000000000001', rolesGranted: [huntingRole] })
  await givenTenant(db, { rolesGranted: [] })
  await givenTenant(db, { status: 'disconnected', rolesGranted: [huntingRole] })
  await givenTenants(db, 2)

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const hunt = await ended(hunts, id)
  const coverage = await hunts.coverage(analyst, id)

  expect(hunt.status).toBe('partial')
  expect(calls).toHaveLength(3)
  expect(coverage).toMatchObject({ asked: 5, answered: 2, empty: 2, rows: 0, waiting: 0, canceled: 0 })
  expect(coverage.failed.map(({ name, tenants }) => `${name} ${tenants}`).toSorted()).toEqual([
    'app_removed 1',
    'license_missing 1',
    'role_missing 1',
  ])
})

test('cancel ends a hunt at once, breaks off its calls and keeps what came', async () => {
  const brokenOff: string[] = []
  const { db, hunts } = await givenHunts((id, { signal }) => {
    if (!id.startsWith('a0000000')) return graphAnswer([{ DeviceName: 'x' }])
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        brokenOff.push(id)
        reject(new RemoteError(failure('canceled')))
      })
    })
  })
  await givenTenant(db, { id: 'a0000000-0000-4000-8000-000000000001', rolesGranted: [huntingRole] })
  await givenTenants(db, 3)
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  await until(
    () => hunts.get(analyst, id),
    hunt => hunt.counts.succeeded === 3 && hunt.counts.running === 1,
  )

  const canceled = await hunts.cancel(analyst, id)
  await until(
    async () => brokenOff,
    list => list.length === 1,
  )

  expect(canceled).toMatchObject({ status: 'canceled', rowCount: 3, counts: { succeeded: 3, canceled: 1 } })
  expect((await hunts.page(analyst, id)).rows).toHaveLength(3)
  expect(await hunts.coverage(analyst, id)).toMatchObject({ asked: 4, answered: 3, canceled: 1 })
})

test('a tenant is called by one hunt at a time', async () => {
  let atOnce = 0
  let most = 0
  const { db, hunts, calls } = await givenHunts(async () => {
    most = Math.max(most, ++atOnce)
    await new Promise(resolve => setTimeout(resolve, 30))
    atOnce--
    return graphAnswer([])
  })
  await givenTenants(db, 1)

  const created = await Promise.all(
    Array.from({ length: 4 }, () => hunts.create(analyst, { query, tenants: 'all' })),
  )
  for (const { id } of created) await ended(hunts, id)

  expect({ most, calls: calls.length }).toEqual({ most: 1, calls: 4 })
})

test('a small hunt need not wait for a large one that came first', async () => {
  const { db, hunts } = await givenHunts(
    async () => {
      await new Promise(resolve => setTimeout(resolve, 20))
      return graphAnswer([])
    },
    { engine: { concurrency: 2 } },
  )
  const ids = await givenTenants(db, 60)
  const large = await hunts.create(analyst, { query, tenants: ids.slice(0, 59) })
  const small = await hunts.create(analyst, { query, tenants: ids.slice(59) })

  await ended(hunts, small.id)
  const { counts } = await hunts.get(analyst, large.id)

  expect(counts.succeeded).toBeLessThan(59)
})

test('calls that take long make room for other tenants', async () => {
  const slow: (() => void)[] = []
  const { db, hunts } = await givenHunts(
    id =>
      id.startsWith('a0000000')
        ? new Promise(resolve => slow.push(() => resolve(graphAnswer([]))))
        : graphAnswer([]),
    { engine: { concurrency: 2, slowAfterMs: 100 } },
  )
  for (const letter of ['1', '2', '3'])
    await givenTenant(db, {
      id: `a0000000-0000-4000-8000-00000000000${letter}`,
      name: `A${letter}`,
      rolesGranted: [huntingRole],
    })
  await givenTenants(db, 6)

  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const hunt = await until(
    () => hunts.get(analyst, id),
    ({ counts }) => counts.succeeded === 6,
  )
  for (const finish of slow) finish()

  expect(hunt.counts.running).toBe(3)
  expect((await ended(hunts, id)).status).toBe('succeeded')
})

test('tenants that nobody may see are not told from tenants that are not there', async () => {
  const { db, hunts } = await givenHunts(() => graphAnswer([]))
  const [hidden = ''] = await givenTenants(db, 1)
  const limited = { ...analyst, tenants: { tags: ['gold'], ids: [] } }

  const seen = await refusalOf(hunts.create(limited, { query, tenants: [hidden] }))
  const missing = await refusalOf(
    hunts.create(limited, { query, tenants: ['00000000-0000-4000-8000-000000000009'] }),
  )
  const none = await refusalOf(hunts.create(limited, { query, tenants: 'all' }))

  expect([seen.code, missing.code, none.code]).toEqual(['not_found', 'not_found', 'invalid'])
  expect(seen.message).toBe(missing.message)
  expect(await db.hunt.count()).toBe(0)
})
