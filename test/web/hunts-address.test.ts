import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import {
  type FilterOperator,
  filterOperators,
  withoutValue,
} from '../../src/hunting/results/row-selection.ts'
import {
  type ResultAddress,
  readAddress,
  readSelection,
  writeAddress,
} from '../../src/web/pages/hunts/results/result-address.ts'

const name = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }).filter(text => text.isWellFormed())
const operator = fc.constantFrom(...(Object.keys(filterOperators) as FilterOperator[]))
const filter = fc
  .record({
    column: name,
    operator,
    value: fc.string({ minLength: 1, unit: 'binary' }).filter(text => text.isWellFormed()),
  })
  .map(each => ({ ...each, value: withoutValue.includes(each.operator) ? '' : each.value }))

const address: fc.Arbitrary<ResultAddress> = fc.record({
  view: fc.constantFrom('rows', 'groups', 'chart', 'time', 'tenants'),
  offset: fc.nat(1_000_000_000),
  sort: fc.option(fc.record({ column: name, descending: fc.boolean() })),
  filters: fc.array(filter, { maxLength: 5 }),
  groups: fc.uniqueArray(name, { maxLength: 4 }),
  order: fc.constantFrom('rarest', 'commonest'),
  x: fc.option(name),
  y: fc.option(name),
  time: fc.option(name),
  state: fc.option(name),
  failure: fc.option(name),
})

test('any way to look at a result comes back from its address', () => {
  fc.assert(
    fc.property(address, wanted => {
      expect(readAddress(writeAddress('h', wanted))).toEqual(wanted)
    }),
  )
})

test('a filter that the form adds joins those in the address', () => {
  const read = readAddress(
    '/hunts/h?f.FileName=contains%3A.exe&column=AccountName&operator=notEquals&value=system',
  )

  expect(read.filters).toEqual([
    { column: 'FileName', operator: 'contains', value: '.exe' },
    { column: 'AccountName', operator: 'notEquals', value: 'system' },
  ])
})

test('an address that makes no sense shows the rows as they are', () => {
  const read = readAddress('/hunts/h?view=pie&offset=-5&sort=&f.x=hack%3A1&f.=equals%3A2&f.y=equals&order=up')

  expect(read).toEqual(readAddress('/hunts/h'))
})

test('an export selects the rows that its page shows', () => {
  fc.assert(
    fc.property(address, wanted => {
      const short = { ...wanted, filters: wanted.filters.slice(0, 20) }

      const { filters, sort } = readSelection(writeAddress('h', short))

      expect({ filters, sort }).toEqual({ filters: short.filters, sort: short.sort })
    }),
  )
})

test.each([
  'f.N=hack:1',
  'f.N=equals',
  'f.N=equals:',
  'f.=equals:1',
  `f.N=equals:${'x'.repeat(2001)}`,
  Array.from({ length: 21 }, () => 'f.N=equals:1').join('&'),
  'sort=A&descending=B',
  'sort=',
])('an export with an address that makes no sense is refused, never the whole result: %s', search => {
  expect(() => readSelection(`/hunts/h/export?format=csv&${search}`)).toThrow(AppError)
})
