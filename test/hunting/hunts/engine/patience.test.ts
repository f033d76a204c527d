import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RemoteFailure } from '../../../../src/errors.ts'
import { patience, type Tries } from '../../../../src/hunting/hunts/engine/patience.ts'
import { failureKinds } from '../../../../src/remote/failure-names.ts'
import { namedFailure } from '../../../../src/remote/index.ts'

const hour = 3_600_000
const of = (name: Parameters<typeof namedFailure>[0], retryAfterSeconds: number | null = null) =>
  namedFailure(name, { service: 'graph', retryAfterSeconds })

const waitOf = (failure: RemoteFailure, tries: Tries, leftMs: number, random: number) =>
  patience(failure, tries, leftMs, random)?.waitMs ?? null
const first = { attempts: 1, failures: 0 }

test('what the service says is kept to, and a little more', () => {
  expect(waitOf(of('throttled', 30), first, hour, 0)).toBe(30_000)
  expect(waitOf(of('throttled', 30), first, hour, 1)).toBe(31_000)
})

test('a tenant is not waited for beyond the deadline', () => {
  expect(waitOf(of('throttled', 600), first, 599_000, 0)).toBeNull()
})

test('throttling is waited out however often it comes, an ill service is not', () => {
  expect(waitOf(of('throttled'), { attempts: 50, failures: 4 }, hour, 0)).toBe(30_000)
  expect(waitOf(of('unavailable'), { attempts: 4, failures: 3 }, hour, 0)).toBe(8_000)
  expect(waitOf(of('unavailable'), { attempts: 5, failures: 4 }, hour, 0)).toBeNull()
})

test('being sent away does not count against a tenant that then fails otherwise', () => {
  const sentAway = patience(of('throttled'), { attempts: 40, failures: 1 }, hour, 0)
  const cutOff = patience(of('reset'), { attempts: 41, failures: 1 }, hour, 0)

  expect(sentAway?.failures).toBe(1)
  expect(cutOff?.failures).toBe(2)
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
        const waitMs = waitOf(of(name), { attempts, failures: attempts - 1 }, leftMs, random)

        if (failureKinds[name].permanent) expect(waitMs).toBeNull()
        expect(waitMs === null || (waitMs > 0 && waitMs < leftMs)).toBe(true)
      },
    ),
  )
})
