import fc from 'fast-check'
import { expect, test } from 'vitest'
import { namedFailure } from '../../../src/microsoft/failures/named-failure.ts'
import { createRetryBudget, retryDelayMs } from '../../../src/microsoft/http/retry.ts'

const outage = namedFailure('unavailable', { service: 'graph' })

test('what the service says is waited for, and little more', () => {
  const failure = namedFailure('throttled', { service: 'graph', retryAfterSeconds: 8 })

  expect(retryDelayMs(failure, 1, 0)).toBe(8000)
  expect(retryDelayMs(failure, 3, 1)).toBe(9000)
})

test('without a word the ceiling doubles with each try and the jitter is full', () => {
  expect([1, 2, 3, 4].map(attempt => retryDelayMs(outage, attempt, 1))).toEqual([500, 1000, 2000, 4000])
  expect(retryDelayMs(outage, 4, 0)).toBe(0)
  expect(retryDelayMs(outage, 40, 1)).toBe(16_000)
})

test('a service that throttles without a word is never asked again at once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const delay = retryDelayMs(namedFailure('throttled', { service: 'graph' }), attempt, random)

        expect(delay).toBeGreaterThanOrEqual(500)
        expect(delay).toBeLessThanOrEqual(32_000)
      },
    ),
  )
})

test('the budget allows what was saved, then a share of the calls', () => {
  const budget = createRetryBudget(2, 0.5)

  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false])
  budget.earn()
  expect(budget.spend()).toBe(false)
  budget.earn()
  expect(budget.spend()).toBe(true)
})

test('the budget saves no more than its capacity', () => {
  const budget = createRetryBudget(1, 1)

  for (let i = 0; i < 50; i += 1) budget.earn()

  expect([budget.spend(), budget.spend()]).toEqual([true, false])
})
