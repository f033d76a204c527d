import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTimespan } from '../../src/data/hunting/timespan.ts'
import { formatTicks, formatTicksShort, parseTicks, ticksOfDate, ticksPerDay } from '../../src/data/ticks.ts'

const now = ticksOfDate(new Date('2026-11-20T10:00:00Z'))
const day = (days: number) => now - BigInt(days) * ticksPerDay

test('a time keeps its seven digits both ways', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 17n }), ticks => {
      expect(parseTicks(formatTicks(ticks))).toBe(ticks)
      expect(parseTicks(formatTicksShort(ticks))).toBe(ticks)
    }),
  )
})

test('the short form drops the zeros at the end', () => {
  const short = ['2026-08-20T06:11:02Z', '2026-08-20T06:11:02.35Z', '2026-08-20T06:11:10Z'].map(text =>
    formatTicksShort(parseTicks(text) ?? 0n),
  )

  expect(short).toEqual(['2026-08-20T06:11:02Z', '2026-08-20T06:11:02.35Z', '2026-08-20T06:11:10Z'])
})

test.each([
  [undefined, day(30), now],
  ['P7D', day(7), now],
  ['P1W', day(7), now],
  ['PT12H', now - ticksPerDay / 2n, now],
  ['P90D', day(30), now],
  ['2026-11-18T10:00:00Z', day(2), now],
  ['2026-11-18T10:00:00Z/2026-11-19T10:00:00Z', day(2), day(1)],
  ['P2D/2026-11-19T10:00:00Z', day(3), day(1)],
  ['2026-11-15T10:00:00Z/P3D', day(5), day(2)],
  ['2026-11-19T10:00:00Z/2027-01-01T00:00:00Z', day(1), now],
  ['2020-01-01/2026-11-20T09:00:00Z', day(30), now - ticksPerDay / 24n],
])('the timespan %s is read, 30 days at the most', (text, start, end) => {
  expect(readTimespan(text, now)).toEqual({ start, end })
})

test.each(['', 'P', 'PT', '7D', 'P1D/P2D', '2026-11-20/2026-11-19', 'a/b/c', 'yesterday'])(
  'the timespan "%s" is refused',
  text => {
    expect(readTimespan(text, now)).toBeUndefined()
  },
)

test('no text makes the timespan reader fail', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      readTimespan(text, now)
    }),
  )
})
