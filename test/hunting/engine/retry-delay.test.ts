import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Failure } from '../../../src/errors.ts'
import { retryDelay, type Tries } from '../../../src/hunting/engine/retry-delay.ts'
import { failureKinds } from '../../../src/microsoft/failures/failure-names.ts'
import { namedFailure } from '../../../src/microsoft/http/index.ts'

const hour = 3_600_000
const of = (name: Parameters<typeof namedFailure>[0], retryAfterSeconds: number | null = null) =>
  namedFailure(name, { service: 'graph', retryAfterSeconds })

const waitOf = (failure: Failure, tries: Tries, leftMs: number, random: number) =>
  retryDelay(failure, tries, leftMs, random)?.waitMs ?? null
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
  const sentAway = retryDelay(of('throttled'), { attempts: 40, failures: 1 }, hour, 0)
  const ill = retryDelay(of('unavailable'), { attempts: 41, failures: 1 }, hour, 0)

  expect(sentAway?.failures).toBe(1)
  expect(ill?.failures).toBe(2)
})

test('a query that ran out of its time is not repeated, a connection without an answer once', () => {
  const unsent = { ...of('timeout'), serviceCode: 'UND_ERR_CONNECT_TIMEOUT' }
  const noToken = { ...of('timeout'), service: 'entra' } as const
  const again = (failure: Failure, failures: number) =>
    retryDelay(failure, { attempts: failures + 1, failures }, hour, 0) !== null

  expect(again({ ...of('timeout'), serviceCode: 'TimeoutError' }, 0)).toBe(false)
  expect(again({ ...of('timeout'), serviceCode: 'UND_ERR_HEADERS_TIMEOUT' }, 0)).toBe(false)
  expect(again(of('query_timeout'), 0)).toBe(false)
  for (const failure of [unsent, noToken, of('reset')]) {
    expect([again(failure, 0), again(failure, 1)]).toEqual([true, false])
  }
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
