import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patienceMs } from '../../../../src/hunting/hunts/engine/patience.ts'
import { failureKinds } from '../../../../src/remote/failure-names.ts'
import { namedFailure } from '../../../../src/remote/index.ts'

const hour = 3_600_000
const of = (name: Parameters<typeof namedFailure>[0], retryAfterSeconds: number | null = null) =>
  namedFailure(name, { service: 'graph', retryAfterSeconds })

test('what the service says is kept to, and a little more', () => {
  expect(patienceMs(of('throttled', 30), 1, hour, 0)).toBe(30_000)
  expect(patienceMs(of('throttled', 30), 1, hour, 1)).toBe(31_000)
})

test('a tenant is not waited for beyond the deadline', () => {
  expect(patienceMs(of('throttled', 600), 1, 599_000, 0)).toBeNull()
})

test('throttling is waited out however often it comes, an ill service is not', () => {
  expect(patienceMs(of('throttled'), 50, hour, 0)).toBe(30_000)
  expect(patienceMs(of('unavailable'), 4, hour, 0)).toBe(8_000)
  expect(patienceMs(of('unavailable'), 5, hour, 0)).toBeNull()
})

test('what cannot pass by itself is never tried again, and every wait ends before the deadline', () => {
  const names = Object.keys(failureKinds) as (keyof typeof failureKinds)[]
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: hour }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (name, attempts, leftMs, random) => {
        const waitMs = patienceMs(of(name), attempts, leftMs, random)

        if (failureKinds[name].permanent) expect(waitMs).toBeNull()
        expect(waitMs === null || (waitMs > 0 && waitMs < leftMs)).toBe(true)
      },
    ),
  )
})
