import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lastMonths, monthBefore, monthOf, readMonth } from '../../src/reports/month.ts'

const times = fc.date({ min: new Date('2020-02-01'), max: new Date('2099-12-31'), noInvalidDate: true })

test('a time lies in its month, months follow one another without gap, and a name reads back', () => {
  fc.assert(
    fc.property(times, time => {
      const month = monthOf(time)

      expect(month.from <= time && time < month.to).toBe(true)
      expect(monthBefore(month).to).toEqual(month.from)
      expect(readMonth(month.name)).toEqual(month)
    }),
  )
})

test.each(['', '2026', '2026-00', '2026-13', '2026-1', '1999-12', '2026-11-01', ' 2026-11', 'x'])(
  '"%s" is no month',
  name => {
    expect(readMonth(name)).toBeNull()
  },
)

test('the last months begin with the one that runs', () => {
  expect(lastMonths(new Date('2026-02-28T23:59:59Z'), 3).map(({ name }) => name)).toEqual([
    '2026-02',
    '2026-01',
    '2025-12',
  ])
})
