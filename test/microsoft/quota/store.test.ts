import { afterAll, beforeAll, expect, test } from 'vitest'
import { createQuotas } from '../../../src/microsoft/quota/quota.ts'
import type { Rate } from '../../../src/microsoft/quota/quota-rates.ts'
import { createQuotaStore } from '../../../src/microsoft/quota/store.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

// Slow enough that no token comes back while a test runs.
const rate: Rate = { name: 'test/3600s', capacity: 10, tokensPerSecond: 10 / 3600 }
let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

test('a bucket in the database is full at first and goes below zero to reserve turns', async () => {
  const store = createQuotaStore(database.db)

  const first = await store.take(rate, [{ key: 'one', count: 8 }])
  const second = await store.take(rate, [
    { key: 'one', count: 4 },
    { key: 'two', count: 1 },
  ])

  expect(first).toEqual([2])
  expect(second[0]).toBeCloseTo(-2, 1)
  expect(second[1]).toBe(9)
})

test('tokens given back can be taken again, never beyond the capacity', async () => {
  const store = createQuotaStore(database.db)
  await store.take(rate, [{ key: 'back', count: 3 }])
  await store.take(rate, [{ key: 'back', count: -3 }])

  const left = await store.take(rate, [{ key: 'back', count: -5 }])

  expect(left).toEqual([10])
})

test('it refills by the clock of the database', async () => {
  const store = createQuotaStore(database.db)
  await store.take(rate, [{ key: 'clock', count: 10 }])
  await database.db
    .$executeRaw`UPDATE "QuotaBucket" SET "updatedAt" = "updatedAt" - interval '30 minutes' WHERE key LIKE 'clock|%'`

  const [left] = await store.take(rate, [{ key: 'clock', count: 1 }])

  expect(left).toBeCloseTo(4, 1)
})

test('a drained bucket makes others wait as long, and stays drained', async () => {
  const store = createQuotaStore(database.db)
  await store.take(rate, [{ key: 'dry', count: 1 }])
  await store.drain(rate, 'dry', 3600)
  await store.drain(rate, 'dry', 1)

  const [left = 0] = await store.take(rate, [{ key: 'dry', count: 1 }])

  expect(-left / rate.tokensPerSecond).toBeCloseTo(3600, -1)
})

test('a drain of a bucket that nobody used yet counts', async () => {
  const store = createQuotaStore(database.db)

  await store.drain(rate, 'new', 3600)

  expect((await store.take(rate, [{ key: 'new', count: 1 }]))[0]).toBeLessThan(0)
})

test('two processes on one database share one quota', async () => {
  const processes = [1, 2].map(() => createQuotas({ store: createQuotaStore(database.db), longestWaitMs: 1 }))
  const key = { tenantId: '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01', name: 'graph-hunting' } as const

  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => processes[index % 2]?.take(key)),
  )

  // 45 a minute, 60 % of it, a quarter of that at once: 6 go, the rest would have to wait.
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(6)
})

test('a pause after a 429 holds for the other process too', async () => {
  const [here, there] = [1, 2].map(() =>
    createQuotas({ store: createQuotaStore(database.db), longestWaitMs: 100 }),
  )
  const key = { tenantId: '11111111-2222-4333-8444-555555555555', name: 'endpoint' } as const

  await here?.penalize(key, 60)

  await expect(there?.take(key)).rejects.toMatchObject({ failure: { code: 'quota_exhausted' } })
})

test('two processes that take from many buckets at once do not block each other', async () => {
  const stores = [createQuotaStore(database.db), createQuotaStore(database.db)]
  const keys = Array.from({ length: 150 }, (_, index) => `many-${index}`)
  const rounds = Array.from({ length: 40 }, (_, round) => {
    const order = round % 2 === 0 ? keys : keys.toReversed()
    return stores[round % 2]?.take(
      rate,
      order.map(key => ({ key, count: 0.01 })),
    )
  })

  await Promise.all(rounds)

  const [left] = (await stores[0]?.take(rate, [{ key: 'many-0', count: 0 }])) ?? []
  expect(left).toBeCloseTo(9.6, 1)
})
