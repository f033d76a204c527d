import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextCheckDate } from '../../src/verification/retry-delays.ts'

const hourMs = 3_600_000
const now = new Date('2026-11-22T12:00:00Z')
const random = fc.double({ min: 0, max: 1, noNaN: true })

/** Hours until the next look. */
function hoursUntil(
  settled: 'well' | 'passing' | 'lasting',
  consentedHoursAgo: number | null,
  at: number,
): number {
  const consentedAt = consentedHoursAgo === null ? null : new Date(now.getTime() - consentedHoursAgo * hourMs)
  return (nextCheckDate({ settled, consentedAt }, now, () => at).getTime() - now.getTime()) / hourMs
}

test('a well tenant is looked at daily, two hours earlier or later, so that thousands spread', () => {
  fc.assert(
    fc.property(random, at => {
      expect(hoursUntil('well', 500, at)).toBeCloseTo(22 + 4 * at, 3)
    }),
  )
})

test('what passes is looked at again within minutes, a fresh consent that failed within the hour', () => {
  fc.assert(
    fc.property(random, at => {
      const passing = hoursUntil('passing', 500, at) * 60
      const fresh = hoursUntil('lasting', 3, at) * 60

      expect(passing).toBeGreaterThan(13.7)
      expect(passing).toBeLessThan(16.3)
      expect(fresh).toBeGreaterThan(54.9)
      expect(fresh).toBeLessThan(65.1)
    }),
  )
})

test('what lasts costs one look a day once the consent is a day old', () => {
  expect(hoursUntil('lasting', 25, 0.5)).toBe(24)
  expect(hoursUntil('lasting', null, 0.5)).toBe(24)
})
