import { expect, test } from 'vitest'
import { quietUntil } from '../../../src/notifications/rules/quiet-time.ts'

const night = { from: '22:00', until: '07:00', exceptHigh: true }
const at = (time: string, quiet = night, zone = 'UTC') =>
  quietUntil(quiet, zone, new Date(time))?.toISOString() ?? null

test('a quiet time over midnight is on in the evening and in the morning', () => {
  expect(at('2027-01-10T21:59:59Z')).toBeNull()
  expect(at('2027-01-10T22:00:00Z')).toBe('2027-01-11T07:00:00.000Z')
  expect(at('2027-01-11T06:59:30Z')).toBe('2027-01-11T07:00:00.000Z')
  expect(at('2027-01-11T07:00:00Z')).toBeNull()
})

test('one within a day is on in between', () => {
  const lunch = { ...night, from: '12:00', until: '13:30' }
  expect(at('2027-01-10T11:59:00Z', lunch)).toBeNull()
  expect(at('2027-01-10T12:10:10Z', lunch)).toBe('2027-01-10T13:30:00.000Z')
})

test('it ends at its time of the day also where the clocks change that night', () => {
  // 2027-03-28 01:00 UTC: Berlin goes from +1 to +2; 2027-10-31 01:00 UTC: back.
  expect(at('2027-03-27T22:00:00Z', night, 'Europe/Berlin')).toBe('2027-03-28T05:00:00.000Z')
  expect(at('2027-10-30T22:00:00Z', night, 'Europe/Berlin')).toBe('2027-10-31T06:00:00.000Z')
  expect(at('2027-01-10T22:00:00Z', night, 'Asia/Kolkata')).toBe('2027-01-11T01:30:00.000Z')
})

test('an end that the clocks jump over is not waited for a day', () => {
  const odd = { ...night, until: '02:30' }
  const end = Date.parse(at('2027-03-27T22:00:00Z', odd, 'Europe/Berlin') ?? '')
  expect(end - Date.parse('2027-03-28T01:00:00Z')).toBeLessThanOrEqual(3_600_000)
})

test('without one, or at another hour, nothing waits', () => {
  expect(quietUntil(null, 'UTC', new Date())).toBeNull()
})
