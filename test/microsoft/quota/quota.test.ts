import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { createMemoryQuotaStore } from '../../../src/microsoft/quota/memory-quota-store.ts'
import { createQuotas } from '../../../src/microsoft/quota/quota.ts'
import { batchTakes } from '../../../src/microsoft/quota/quota-batch.ts'
import { type Rate, ratesOf } from '../../../src/microsoft/quota/quota-rates.ts'
import type { Ask } from '../../../src/microsoft/quota/quota-store.ts'

const rate: Rate = { name: 'test/60s', capacity: 3, tokensPerSecond: 2 }

describe('a bucket', () => {
  test('is full at first, goes below zero to reserve turns, and refills with time', async () => {
    const clock = { ms: 0 }
    const store = createMemoryQuotaStore(() => clock.ms)

    expect(await store.take(rate, [{ key: 'a', count: 2 }])).toEqual([1])
    expect(await store.take(rate, [{ key: 'a', count: 2 }])).toEqual([-1])
    clock.ms = 1000
    expect(
      await store.take(rate, [
        { key: 'a', count: 1 },
        { key: 'b', count: 1 },
      ]),
    ).toEqual([0, 2])
    clock.ms = 1_000_000
    expect(await store.take(rate, [{ key: 'a', count: 1 }])).toEqual([2])
  })

  test('takes back what was not used, and never holds more than its capacity', async () => {
    const store = createMemoryQuotaStore(() => 0)

    await store.take(rate, [{ key: 'a', count: 1 }])
    await store.take(rate, [{ key: 'a', count: -1 }])

    expect(await store.take(rate, [{ key: 'a', count: -5 }])).toEqual([3])
  })

  test('that was drained has one token when the pause is over', async () => {
    const clock = { ms: 0 }
    const store = createMemoryQuotaStore(() => clock.ms)
    await store.drain(rate, 'a', 10)

    clock.ms = 10_000

    expect((await store.take(rate, [{ key: 'a', count: 1 }]))[0]).toBeCloseTo(0)
  })
})

describe('the published rates', () => {
  const names = [
    'graph-security',
    'graph-incidents',
    'graph-hunting',
    'defender-incidents',
    'defender-hunting',
    'endpoint',
    'endpoint-hunting',
    'endpoint-package',
    'entra-token',
  ] as const

  test('no window holds more calls than the service admits, however the calls come', () => {
    const perMinute: Record<string, number> = {
      'graph-security': 150,
      'graph-incidents': 150,
      'graph-hunting': 27,
      'defender-incidents': 50,
      'defender-hunting': 27,
      endpoint: 100,
      'endpoint-hunting': 27,
      'endpoint-package': 2,
      'entra-token': 90,
    }
    fc.assert(
      fc.property(fc.constantFrom(...names), name => {
        const [first] = ratesOf(name, 0.6)
        if (!first) throw new Error('no rate')
        const seconds = Number(/(\d+)s$/.exec(first.name)?.[1])
        const most = first.capacity + first.tokensPerSecond * seconds

        expect(most * (60 / seconds)).toBeLessThanOrEqual((perMinute[name] ?? 0) + 1e-9)
      }),
    )
  })

  test('hourly limits are kept beside the ones per minute', () => {
    expect(ratesOf('endpoint', 0.6).map(({ name }) => name)).toEqual(['endpoint/60s', 'endpoint/3600s'])
    expect(ratesOf('graph-hunting', 0.6)).toHaveLength(1)
  })

  test('even a tiny share lets a query through now and then', () => {
    for (const { capacity, tokensPerSecond } of ratesOf('graph-hunting', 0.01)) {
      expect(capacity).toBe(1)
      expect(tokensPerSecond).toBeGreaterThan(0)
    }
  })
})

describe('taking a turn', () => {
  const key = { tenantId: 'a', name: 'endpoint-package' } as const

  test('is immediate while the bucket holds, then refused when the turn is too far away', async () => {
    const quotas = createQuotas({ store: createMemoryQuotaStore(), longestWaitMs: 1000 })
    await quotas.take(key)

    const refused = quotas.take(key)

    await expect(refused).rejects.toThrow(RemoteError)
    await expect(refused).rejects.toMatchObject({ failure: { code: 'quota_exhausted', service: 'endpoint' } })
    await expect(quotas.take({ ...key, tenantId: 'b' })).resolves.toBeUndefined()
  })

  test('that was refused does not push later ones back', async () => {
    const store = createMemoryQuotaStore()
    const quotas = createQuotas({ store, longestWaitMs: 10 })
    await quotas.take(key)
    const waitOf = () =>
      quotas.take(key).then(
        () => 0,
        error => (error as RemoteError).failure.retryAfterSeconds,
      )

    const waits = [await waitOf(), await waitOf(), await waitOf()]

    expect(new Set(waits).size).toBe(1)
  })

  test('waits for it when it is near', async () => {
    const quotas = createQuotas({ store: createMemoryQuotaStore() })
    const token = { tenantId: 'a', name: 'entra-token' } as const
    const startedAt = performance.now()

    for (let i = 0; i < 4; i += 1) await quotas.take(token)

    expect(performance.now() - startedAt).toBeGreaterThan(500)
  })

  test('can be given up', async () => {
    const quotas = createQuotas({ store: createMemoryQuotaStore() })
    await quotas.take(key)
    const controller = new AbortController()
    const waiting = quotas.take(key, controller.signal)

    controller.abort(new Error('enough'))

    await expect(waiting).rejects.toThrow('enough')
  })

  test('after a 429 nobody goes before the time the service named', async () => {
    const clock = { ms: 0 }
    const now = () => clock.ms
    const quotas = createQuotas({ store: createMemoryQuotaStore(now), now, longestWaitMs: 1000 })
    const incidents = { tenantId: 'a', name: 'graph-incidents' } as const
    await quotas.take(incidents)

    await quotas.penalize(incidents, 30)

    await expect(quotas.take(incidents)).rejects.toMatchObject({ failure: { code: 'quota_exhausted' } })
    await expect(quotas.take({ ...incidents, name: 'graph-hunting' })).resolves.toBeUndefined()
    clock.ms = 30_001
    await expect(quotas.take(incidents)).resolves.toBeUndefined()
  })

  test('costs the store little when one tenant is asked again and again', async () => {
    const inner = createMemoryQuotaStore()
    let statements = 0
    const store: typeof inner = {
      ...inner,
      take: (...args) => {
        statements += 1
        return inner.take(...args)
      },
    }
    const quotas = createQuotas({ store })

    for (let i = 0; i < 30; i += 1) await quotas.take({ tenantId: 'a', name: 'graph-security' })

    expect(statements).toBeLessThan(12)
  })

  test('of calls without a quota asks nobody', async () => {
    const quotas = createQuotas({
      store: {
        take: () => Promise.reject(new Error('asked')),
        drain: () => Promise.reject(new Error('asked')),
      },
    })

    await quotas.take({ tenantId: 'a', name: 'none' })
    await quotas.penalize({ tenantId: 'a', name: 'none' }, 5)
  })
})

describe('asks that come together', () => {
  test('travel in few statements, one row per key, and are served in their order', async () => {
    const batches: Ask[][] = []
    const take = batchTakes({
      take: async (_rate, asks) => {
        batches.push(asks)
        return asks.map(({ count }) => 3 - count)
      },
      drain: async () => {},
    })

    const left = await Promise.all([
      take(rate, 'a', 1),
      take(rate, 'b', 1),
      take(rate, 'a', 1),
      take(rate, 'a', 1),
    ])

    expect(left).toEqual([2, 2, 1, 0])
    expect(batches).toEqual([
      [
        { key: 'a', count: 3 },
        { key: 'b', count: 1 },
      ],
    ])
  })

  test('fail together, and the next ones are asked anew', async () => {
    let fails = true
    const take = batchTakes({
      take: async (_rate, asks) => {
        if (fails) throw new Error('database gone')
        return asks.map(() => 1)
      },
      drain: async () => {},
    })

    await expect(Promise.all([take(rate, 'a', 1), take(rate, 'b', 1)])).rejects.toThrow('database gone')
    fails = false

    await expect(take(rate, 'a', 1)).resolves.toBe(1)
  })
})
