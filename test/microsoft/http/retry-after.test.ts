import fc from 'fast-check'
import { expect, test } from 'vitest'
import { longestRetryAfterSeconds, readRetryAfter } from '../../../src/microsoft/http/retry-after.ts'

const now = new Date('2026-11-22T12:00:00Z')

// biome-ignore format: reads as a table
const cases: [header: string | undefined, body: string, seconds: number | null][] = [
  ['60', '', 60],
  [' 0 ', '', 0],
  ['-5', '', 0],
  ['1.2', '', 2],
  ['999999', '', longestRetryAfterSeconds],
  ['Sun, 22 Nov 2026 12:00:30 GMT', '', 30],
  ['Sun, 22 Nov 2026 11:00:00 GMT', '', 0],
  ['soon', '', null],
  ['12-3', '', null],
  [undefined, '', null],
  [undefined, 'API calls quota exceeded! You can send requests again in 8 seconds.', 8],
  ['3', 'You can send requests again in 8 seconds.', 3],
  ['garbage', 'You can send requests again in 8 seconds.', 8],
  [undefined, 'You can run queries again in 13 minutes.', 780],
  [undefined, 'You can run queries again in 1 hour and 5 minutes.', 3600],
  [undefined, 'You can run queries again in 4 minutes and 20 seconds.', 260],
  [undefined, 'You can run queries again in 00:13:20.', 800],
  [undefined, 'You can run queries again in 00:13:20.1234567', 800],
  [undefined, 'You can run queries again in 5', 5],
  [undefined, 'Rate limit is exceeded. Try again in 500 ms.', 1],
  [undefined, 'Please retry after', null],
  [undefined, 'Please retry after 12 s', 12],
]

test.each(cases)('%s with body "%s" means %s', (header, body, seconds) => {
  expect(readRetryAfter(header, body, now)).toBe(seconds)
})

test('whatever is sent, the wait is null or whole seconds within bounds', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map(rest => `You can run queries again in ${rest}`),
    fc
      .tuple(fc.double(), fc.constantFrom('s', ' seconds', ' minutes', 'h', ':1:1', ' days'))
      .map(([n, unit]) => `Try again in ${n}${unit}`),
  )
  fc.assert(
    fc.property(fc.option(text, { nil: undefined }), text, (header, body) => {
      const seconds = readRetryAfter(header, body, now)

      if (seconds === null) return
      expect(Number.isInteger(seconds)).toBe(true)
      expect(seconds).toBeGreaterThanOrEqual(0)
      expect(seconds).toBeLessThanOrEqual(longestRetryAfterSeconds)
    }),
    { numRuns: 2000 },
  )
})

test('seconds and the date that many seconds ahead mean the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: longestRetryAfterSeconds }), seconds => {
      const date = new Date(now.getTime() + seconds * 1000).toUTCString()

      expect(readRetryAfter(date, '', now)).toBe(readRetryAfter(String(seconds), '', now))
    }),
  )
})
