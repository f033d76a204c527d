import { expect, test } from 'vitest'
import { failure, givenCache, minute, tenant } from './given-cache.ts'

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
