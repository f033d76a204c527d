import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Column, ColumnType } from '../../../src/hunting/results/model.ts'
import { rowUnifier } from '../../../src/hunting/results/unify-rows.ts'
import { unionColumns } from '../../../src/hunting/results/union-columns.ts'
import { anyTable } from './arbitrary.ts'

const bakery = { tenantId: '11111111-1111-4111-8111-111111111111', tenantName: 'Bakery' }
const mill = { tenantId: '22222222-2222-4222-8222-222222222222', tenantName: 'Mill' }

test('the union begins with the tenant and has every column once, in the order of first appearance', () => {
  const { columns, conflicts } = unionColumns([
    { tenantId: bakery.tenantId, columns: [{ name: 'B', type: 'string' }] },
    {
      tenantId: mill.tenantId,
      columns: [
        { name: 'A', type: 'long' },
        { name: 'B', type: 'string' },
      ],
    },
  ])

  expect(columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
    'TenantId:guid',
    'TenantName:string',
    'B:string',
    'A:long',
  ])
  expect(conflicts).toEqual([])
})

test("a query's own tenant columns are kept under another name", () => {
  const { columns } = unionColumns([
    {
      tenantId: bakery.tenantId,
      columns: [
        { name: 'TenantId', type: 'string' },
        { name: 'TenantId_query', type: 'string' },
      ],
    },
  ])

  expect(columns.map(({ name, source }) => [name, source])).toEqual([
    ['TenantId', undefined],
    ['TenantName', undefined],
    ['TenantId_query2', 'TenantId'],
    ['TenantId_query', 'TenantId_query'],
  ])
})

test.each<[ColumnType[], ColumnType]>([
  [['int', 'long'], 'long'],
  [['int', 'real'], 'real'],
  [['long', 'real'], 'decimal'],
  [['int', 'real', 'long'], 'decimal'],
  [['real', 'decimal'], 'decimal'],
  [['string', 'long'], 'string'],
  [['bool', 'int'], 'string'],
  [['datetime', 'string'], 'string'],
  [['guid', 'string'], 'string'],
  [['string', 'dynamic'], 'dynamic'],
  [['long', 'dynamic'], 'dynamic'],
])('columns of the types %j become %s and the conflict is reported', (types, resolvedTo) => {
  const perTenant = types.map((type, index) => ({
    tenantId: `tenant-${index}`,
    columns: [{ name: 'X', type }],
  }))

  const { columns, conflicts } = unionColumns(perTenant)

  expect(columns[2]).toMatchObject({ name: 'X', type: resolvedTo })
  expect(conflicts).toEqual([
    { name: 'X', types: types.map((type, index) => ({ type, tenants: [`tenant-${index}`] })), resolvedTo },
  ])
})

test('rows are put in the places and types of the union, with the tenant before them', () => {
  const bakeryColumns: Column[] = [
    { name: 'Id', type: 'long' },
    { name: 'Name', type: 'string' },
  ]
  const millColumns: Column[] = [
    { name: 'Name', type: 'dynamic' },
    { name: 'Id', type: 'real' },
    { name: 'Extra', type: 'bool' },
  ]
  const { columns } = unionColumns([
    { ...bakery, columns: bakeryColumns },
    { ...mill, columns: millColumns },
  ])

  const rows = [
    rowUnifier(bakeryColumns, columns)(bakery, [9223372036854775807n, 'till']),
    rowUnifier(millColumns, columns)(mill, [{ a: 1 }, 0.5, true]),
    rowUnifier(millColumns, columns)(mill, [null, null, null]),
  ]

  expect(columns.slice(2).map(({ type }) => type)).toEqual(['decimal', 'dynamic', 'bool'])
  expect(rows).toEqual([
    [bakery.tenantId, 'Bakery', '9223372036854775807', 'till', null],
    [mill.tenantId, 'Mill', '0.5', { a: 1 }, true],
    [mill.tenantId, 'Mill', null, null, null],
  ])
})

test('no cell of any tenant gets lost in the union', () => {
  fc.assert(
    fc.property(anyTable, anyTable, (one, other) => {
      const { columns } = unionColumns([
        { tenantId: bakery.tenantId, columns: one.columns },
        { tenantId: mill.tenantId, columns: other.columns },
      ])
      const unified = one.rows.map(row => rowUnifier(one.columns, columns)(bakery, row))

      expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length)
      for (const [index, row] of one.rows.entries()) {
        for (const [place, { name }] of one.columns.entries()) {
          const target = columns.findIndex(({ source }) => source === name)
          expect(unified[index]?.[target] === null).toBe(row[place] === null)
        }
      }
    }),
  )
})
