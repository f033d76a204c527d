import fc from 'fast-check'
import { expect, test } from 'vitest'
import { absoluteSpan, timespanOf } from '../../../src/hunting/engine/timespan.ts'

const now = new Date('2026-11-22T12:00:00.000Z')

test.each([
  [null, '2026-10-23T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ['P7D', '2026-11-15T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ['PT90M', '2026-11-22T10:30:00.000Z', '2026-11-22T12:00:00.000Z'],
  ['P1DT12H', '2026-11-21T00:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ['2026-11-20T00:00:00Z', '2026-11-20T00:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ['2026-11-20T00:00:00Z/PT6H', '2026-11-20T00:00:00.000Z', '2026-11-20T06:00:00.000Z'],
  ['PT6H/2026-11-20T06:00:00Z', '2026-11-20T00:00:00.000Z', '2026-11-20T06:00:00.001Z'],
  ['2026-11-20/2026-11-21T02:00:00+02:00', '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.001Z'],
  ['P90D', '2026-10-23T12:00:00.000Z', '2026-11-22T12:00:00.000Z'],
  ['2026-11-20T00:00:00/2030-01-01', '2026-11-20T00:00:00.000Z', '2026-11-22T12:00:00.000Z'],
])('the span %s is known', (timespan, from, to) => {
  expect(absoluteSpan(timespan, now)).toEqual({ from, to })
})

test.each([
  '',
  'P',
  'PT',
  'P7DT',
  '7 days',
  'P1D/P2D',
  '2026-13-40',
  '2026-11-20/2026-11-19',
  'a/b/c',
  '2020-01-01/2020-02-01',
])('the span "%s" is none', timespan => {
  expect(absoluteSpan(timespan, now)).toBeNull()
})

test('no text makes it fail', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const span = absoluteSpan(text, now)

      expect(span === null || span.from < span.to).toBe(true)
    }),
  )
})

test('spans that follow each other share no instant and leave none out', () => {
  const span = timespanOf({ from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' })

  expect(span).toBe('2026-11-20T00:00:00.000Z/2026-11-20T23:59:59.9999999Z')
})
