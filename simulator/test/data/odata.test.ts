import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fields } from '../../src/data/odata/fields.ts'
import { compileFilter } from '../../src/data/odata/filter.ts'
import { readListOptions } from '../../src/data/odata/list-options.ts'
import { cutPage } from '../../src/data/odata/page.ts'
import { ODataProblem } from '../../src/data/odata/problem.ts'
import { parseTicks } from '../../src/data/ticks.ts'

type Item = { name: string | null; status: string; created: bigint; size: number; tags: string[] }

const fields: Fields<Item> = {
  name: { type: 'string', hasPrefixes: true, read: item => item.name },
  status: { type: 'enum', members: ['active', 'resolved'], read: item => item.status },
  created: { type: 'time', read: item => item.created },
  size: { type: 'number', read: item => item.size },
  owner: { type: 'string', read: () => 'till' },
  tags: { type: 'list', read: item => item.tags },
}

const item: Item = {
  name: "O'Neil",
  status: 'active',
  created: parseTicks('2026-08-20T06:11:02.3533333Z') ?? 0n,
  size: 7,
  tags: ['bakery'],
}

test.each([
  ["status eq 'active'", true],
  ["status eq 'Active'", true],
  ["status ne 'resolved'", true],
  ["name eq 'O''Neil'", true],
  ['name eq null', false],
  ['name ne null', true],
  ['created ge 2026-08-20T06:11:02.3533333Z', true],
  ['created gt 2026-08-20T06:11:02.3533333Z', false],
  ['created gt 2026-08-20T06:11:02.3533332Z', true],
  ['created lt 2026-08-21Z', true],
  ['created lt 2026-08-20T08:00:00+02:00', false],
  ["status eq 'resolved' or size gt 3 and size lt 9", true],
  ["(status eq 'resolved' or size gt 3) and size gt 9", false],
  ["startswith(name,'o''n')", true],
  ["tags/any(tag: tag eq 'bakery')", true],
  ["tags/any(t:t eq 'mill')", false],
])('the filter %s answers %s', (text, expected) => {
  const matches = compileFilter(text, fields)

  expect(matches(item)).toBe(expected)
})

test.each([
  '',
  'status',
  'status eq',
  "status eq 'unheard'",
  "status gt 'active'",
  "name gt 'a'",
  'size in (1, 7)',
  "not (status eq 'active')",
  "contains(name,'x')",
  "startswith(owner,'t')",
  "secret eq 'x'",
  "constructor eq 'x'",
  "status eq 'active' and",
  "created gt '2026-08-20'",
  'created gt 2026-02-31T00:00:00Z',
  'size eq 1x',
  "name like 'x'",
  "status eq 'active",
  "toString(name,'x')",
  `${'('.repeat(5000)}size eq 1${')'.repeat(5000)}`,
  `${'not '.repeat(5000)}size eq 1`,
  "tags eq 'bakery'",
  "name/any(x: x eq 'y')",
])('the filter %s is refused by name', text => {
  expect(() => compileFilter(text, fields)).toThrow(ODataProblem)
})

test('whatever is given as a filter is compiled or refused by name', () => {
  const words = fc.constantFrom(
    'status',
    'created',
    'eq',
    'and',
    'or',
    'not',
    '(',
    ')',
    "'active'",
    '2026-08-01Z',
    '7',
    'null',
    'in',
    ',',
    '/any(',
    ':',
    "'",
  )
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(words).map(parts => parts.join(' ')),
  )

  fc.assert(
    fc.property(text, filter => {
      try {
        compileFilter(filter, fields)(item)
      } catch (error) {
        expect(error).toBeInstanceOf(ODataProblem)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('every query string is read or refused by name', () => {
  const names = fc.constantFrom(
    '$top',
    '$skip',
    '$filter',
    '$orderby',
    '$count',
    '$select',
    '$expand',
    '$skiptoken',
    '$x',
    'y',
  )

  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.string())), pairs => {
      try {
        const rules = {
          filterable: fields,
          orderable: fields,
          countable: true,
          selectable: ['name'],
          defaultTop: 5,
        }
        cutPage([item], readListOptions(new URLSearchParams(pairs), rules), { pageSize: 5 })
      } catch (error) {
        expect(error).toBeInstanceOf(ODataProblem)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('an order names its properties and their directions, null first', () => {
  const items = [item, { ...item, name: null }, { ...item, name: 'A', size: 9 }]
  const rules = { filterable: fields, orderable: fields, defaultTop: 5 }

  const page = cutPage(items, readListOptions(new URLSearchParams({ $orderby: 'size desc, name' }), rules), {
    pageSize: 5,
  })

  expect(page.items.map(one => one.name)).toEqual(['A', null, "O'Neil"])
})

test.each(['-1', 'x', '1.5', '99999999999'])('$top=%s is refused', value => {
  const read = () =>
    readListOptions(new URLSearchParams({ $top: value }), { filterable: fields, defaultTop: 5 })

  expect(read).toThrow(ODataProblem)
})
