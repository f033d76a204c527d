import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTokens } from '../../../simulator/src/data/odata/lexer.ts'
import {
  anyOf,
  compareText,
  compareTime,
  isInstant,
  startsWith,
  withOptions,
} from '../../../src/microsoft/defender/lists/odata.ts'

/** What the other side reads after taking the query apart. */
function readBack(path: string): URLSearchParams {
  return new URL(path, 'https://graph.example').searchParams
}

test('whatever a value holds, it stays one value of one comparison', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), value => {
      const query = readBack(withOptions('/x', { filter: [compareText('assignedTo', 'eq', value)], top: 5 }))

      expect(readTokens(query.get('$filter') ?? '')).toEqual([
        { kind: 'word', text: 'assignedTo' },
        { kind: 'word', text: 'eq' },
        { kind: 'string', text: value.toWellFormed() },
      ])
      expect([...query.keys()]).toEqual(['$filter', '$top'])
    }),
  )
})

test('a value full of quotes and operators cannot leave its quotes', () => {
  const hostile = "x' or 1 eq 1 or startswith(a,'"

  const query = readBack(
    withOptions('/x', {
      filter: [
        startsWith('name', hostile),
        anyOf([compareText('a', 'eq', ''), compareText('a', 'ne', hostile)]),
      ],
    }),
  )

  const strings = readTokens(query.get('$filter') ?? '').filter(({ kind }) => kind === 'string')
  expect(strings).toEqual([
    { kind: 'string', text: hostile },
    { kind: 'string', text: '' },
    { kind: 'string', text: hostile },
  ])
  expect(query.get('$filter')).toContain(" and (a eq '' or a ne ")
})

test('every real time is taken, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      date => {
        expect(isInstant(date.toISOString())).toBe(true)
      },
    ),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      expect(isInstant(text)).toBe(false)
    }),
  )
  expect(isInstant('2026-08-20T07:45:45.1133333Z')).toBe(true)
  for (const wrong of [
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    "2026-01-01T00:00:00Z'",
    '2026-01-01T00:00:00+02:00',
  ])
    expect(isInstant(wrong)).toBe(false)
})

test('a time that is none and a field that is none are refused', () => {
  expect(() => compareTime('createdTime', 'ge', '2026-01-01 or 1 eq 1')).toThrow(TypeError)
  expect(() => compareText('a eq 1 or b', 'eq', 'x')).toThrow(TypeError)
  expect(() => anyOf([])).toThrow(TypeError)
})

test('absent options leave the path alone', () => {
  expect(withOptions('/api/machines', { filter: [], skip: 0 })).toBe('/api/machines')
  expect(withOptions('/api/machines', { top: 10, skip: 20, orderBy: 'a desc', expand: 'b' })).toBe(
    '/api/machines?$orderby=a%20desc&$expand=b&$top=10&$skip=20',
  )
})
