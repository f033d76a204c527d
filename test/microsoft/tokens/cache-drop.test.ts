import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { failure, givenCache, tenant } from './given-cache.ts'

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
