import { expect, test } from 'vitest'
import type { Surface } from '../../src/clouds/clouds.ts'
import { RemoteError } from '../../src/errors.ts'
import type { FailureName } from '../../src/remote/failure-names.ts'
import { namedFailure } from '../../src/remote/named-failure.ts'
import { createTokenCache } from '../../src/tokens/cache.ts'
import { Token } from '../../src/tokens/token.ts'

const tenant = 'b0b0b0b0-0000-4000-8000-000000000002'
const minute = 60_000

/** A cache over a mint that the test answers by hand, on a clock that the test moves. */
function givenCache(options: { limit?: number } = {}) {
  const clock = { at: Date.parse('2026-11-22T10:00:00Z') }
  const now = () => new Date(clock.at)
  const pending: {
    tenantId: string
    surface: Surface
    resolve(token: Token): void
    reject(error: unknown): void
  }[] = []
  const refreshFailures: string[] = []
  const cache = createTokenCache({
    scope: 'global|app',
    now,
    random: () => 0,
    mint: (tenantId, surface) => {
      const { promise, resolve, reject } = Promise.withResolvers<Token>()
      pending.push({ tenantId, surface, resolve, reject })
      return promise
    },
    onRefreshFailed: (_tenant, _surface, failure) => refreshFailures.push(failure.code),
    ...options,
  })

  let made = 0
  const token = (roles: string[] = [], lifeMinutes = 60) =>
    new Token(`secret-${++made}`, {
      tenantId: tenant,
      surface: 'graph',
      roles,
      expiresAt: new Date(clock.at + lifeMinutes * minute),
      refreshAt: new Date(clock.at + (lifeMinutes - 10) * minute),
    })

  async function given(value: Token, tenantId = tenant) {
    const acquired = cache.acquire(tenantId, 'graph')
    await answered(value)
    return acquired
  }
  async function answered(value: Token | RemoteError) {
    const flight = pending.shift()
    if (value instanceof Token) flight?.resolve(value)
    else flight?.reject(value)
    await new Promise(resolve => setImmediate(resolve))
  }

  return { cache, clock, pending, token, given, answered, refreshFailures }
}

function failure(code: FailureName, retryAfterSeconds: number | null = null) {
  return new RemoteError(namedFailure(code, { service: 'entra', retryAfterSeconds }))
}

test('a second caller gets the kept token without an exchange', async () => {
  const { cache, given, pending, token } = givenCache()
  const first = await given(token())

  const second = await cache.acquire(tenant.toUpperCase(), 'graph')

  expect(second).toBe(first)
  expect(pending).toHaveLength(0)
  expect(cache.stats()).toMatchObject({ size: 1, hits: 1, misses: 1 })
})

test('a thousand callers at once share one exchange', async () => {
  const { cache, pending, token, answered } = givenCache()
  const callers = Array.from({ length: 1000 }, () => cache.acquire(tenant, 'graph'))
  expect(pending).toHaveLength(1)

  await answered(token())

  expect(new Set(await Promise.all(callers)).size).toBe(1)
})

test('surfaces of one tenant and tenants do not share tokens', async () => {
  const { cache, pending } = givenCache()

  void cache.acquire(tenant, 'graph')
  void cache.acquire(tenant, 'endpoint')
  void cache.acquire('b0b0b0b0-0000-4000-8000-000000000003', 'graph')

  expect(pending).toHaveLength(3)
})

test('a token past its refresh time is served at once and renewed behind it', async () => {
  const { cache, clock, pending, token, given, answered } = givenCache()
  const old = await given(token())
  clock.at += 51 * minute

  const served = await cache.acquire(tenant, 'graph')
  await cache.acquire(tenant, 'graph')
  expect(served).toBe(old)
  expect(pending).toHaveLength(1)
  const renewed = token()
  await answered(renewed)

  expect((await cache.acquire(tenant, 'graph')).value).toBe(renewed.value)
  expect(cache.stats().refreshes).toBe(1)
})

test('a failed renewal leaves the valid token in service and is not repeated on each call', async () => {
  const { cache, clock, pending, token, given, answered, refreshFailures } = givenCache()
  const old = await given(token())
  clock.at += 51 * minute
  await cache.acquire(tenant, 'graph')
  await answered(failure('unavailable'))

  const served = await cache.acquire(tenant, 'graph')

  expect(served).toBe(old)
  expect(pending).toHaveLength(0)
  expect(refreshFailures).toEqual(['unavailable'])
  clock.at += 31_000
  await cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(1)
})

test('a throttled renewal waits as long as the service says', async () => {
  const { cache, clock, pending, token, given, answered } = givenCache()
  await given(token())
  clock.at += 51 * minute
  await cache.acquire(tenant, 'graph')
  await answered(failure('throttled', 120))

  clock.at += 100_000
  await cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(0)

  clock.at += 21_000
  await cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(1)
})

test('in its last moments a valid token still serves when no newer one can be had', async () => {
  const { cache, clock, token, given, answered } = givenCache()
  const old = await given(token())
  clock.at += 59 * minute + 45_000

  const acquired = cache.acquire(tenant, 'graph')
  await answered(failure('network'))

  expect(await acquired).toBe(old)
})

test('an expired token is not served when no newer one can be had', async () => {
  const { cache, clock, token, given, answered } = givenCache()
  await given(token())
  clock.at += 61 * minute

  const acquired = cache.acquire(tenant, 'graph')
  const outcome = expect(acquired).rejects.toMatchObject({ failure: { code: 'network' } })
  await answered(failure('network'))

  await outcome
})

test('fresh goes past the kept token and replaces it', async () => {
  const { cache, token, given, answered } = givenCache()
  await given(token([]))

  const proof = cache.acquire(tenant, 'graph', { fresh: true })
  const full = token(['ThreatHunting.Read.All'])
  await answered(full)

  expect((await proof).value).toBe(full.value)
  expect((await cache.acquire(tenant, 'graph')).value).toBe(full.value)
})

test('fresh does not join an exchange that began before it, whose token is then not kept', async () => {
  const { cache, pending, token } = givenCache()
  const early = cache.acquire(tenant, 'graph')
  const proof = cache.acquire(tenant, 'graph', { fresh: true })
  expect(pending).toHaveLength(2)
  const full = token(['ThreatHunting.Read.All'])

  pending[1]?.resolve(full)
  await proof
  pending[0]?.resolve(token([]))
  await early

  expect((await cache.acquire(tenant, 'graph')).value).toBe(full.value)
})

test('a tenant dropped during an exchange keeps nothing of it', async () => {
  const { cache, pending, token, answered } = givenCache()
  const waiting = cache.acquire(tenant, 'graph')

  cache.drop(tenant)
  await answered(token())
  await waiting

  expect(cache.stats().size).toBe(0)
  void cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(1)
})

test('dropping one surface leaves the others', async () => {
  const { cache, pending, token, given } = givenCache()
  await given(token())

  cache.drop(tenant, 'endpoint')
  await cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(0)

  cache.drop(tenant, 'graph')
  void cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(1)
})

test('a token that an API rejected is forgotten, but not a newer one', async () => {
  const { cache, token, given, answered } = givenCache()
  const old = await given(token())
  cache.rejected(old)
  expect(cache.stats().size).toBe(0)
  const renewal = cache.acquire(tenant, 'graph')
  await answered(token())
  const renewed = await renewal

  cache.rejected(old)

  expect(await cache.acquire(tenant, 'graph')).toBe(renewed)
})

test('a refusal that only people can lift is remembered for a moment', async () => {
  const { cache, clock, pending, answered } = givenCache()
  const first = expect(cache.acquire(tenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'consent_missing' },
  })
  await answered(failure('consent_missing'))
  await first

  await expect(cache.acquire(tenant, 'graph')).rejects.toMatchObject({ failure: { code: 'consent_missing' } })
  expect(pending).toHaveLength(0)

  clock.at += 16_000
  void cache.acquire(tenant, 'graph')
  expect(pending).toHaveLength(1)
})

test('a throttled tenant is left alone for as long as it was told, and says how long is left', async () => {
  const { cache, clock, pending, answered } = givenCache()
  const first = expect(cache.acquire(tenant, 'graph')).rejects.toBeInstanceOf(RemoteError)
  await answered(failure('throttled', 60))
  await first
  clock.at += 20_000

  await expect(cache.acquire(tenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'throttled', retryAfterSeconds: 40 },
  })
  expect(pending).toHaveLength(0)
})

test('a passing failure is not remembered for callers without a token', async () => {
  const { cache, pending, answered } = givenCache()
  const first = expect(cache.acquire(tenant, 'graph')).rejects.toBeInstanceOf(RemoteError)
  await answered(failure('network'))
  await first

  void cache.acquire(tenant, 'graph')

  expect(pending).toHaveLength(1)
})

test('the token unused for longest makes room', async () => {
  const { cache, pending, token, given } = givenCache({ limit: 2 })
  await given(token(), 'tenant-1')
  await given(token(), 'tenant-2')
  await cache.acquire('tenant-1', 'graph')
  await given(token(), 'tenant-3')

  await cache.acquire('tenant-1', 'graph')
  expect(pending).toHaveLength(0)

  void cache.acquire('tenant-2', 'graph')
  expect(pending).toHaveLength(1)
  expect(cache.stats().size).toBe(2)
})

test('a caller that gives up does not end the exchange for the others', async () => {
  const { cache, token, answered } = givenCache()
  const impatient = new AbortController()
  const one = cache.acquire(tenant, 'graph', { signal: impatient.signal })
  const other = cache.acquire(tenant, 'graph')

  impatient.abort()
  await expect(one).rejects.toMatchObject({ name: 'AbortError' })
  const value = token()
  await answered(value)

  expect((await other).value).toBe(value.value)
})
