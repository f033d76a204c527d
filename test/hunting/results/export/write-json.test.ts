import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberFrom, parseExactJson, resolveJson } from '../../../../src/hunting/results/answer/exact-json.ts'
import type { Cell, Json } from '../../../../src/hunting/results/model.ts'
import { unionColumns } from '../../../../src/hunting/results/union-columns.ts'
import { anyTable, anyText } from '../arbitrary.ts'
import { unified } from './export-readers.ts'
import { chunk, coverage, tenantId, written } from './written.ts'

test('NDJSON has an object per row, the tenant first and columns in their order', async () => {
  const text = await written('ndjson', [
    chunk(
      [
        { name: '5', type: 'long' },
        { name: 'Score', type: 'real' },
      ],
      [
        [9223372036854775807n, Number.NaN],
        [null, 0.5],
      ],
    ),
  ])

  expect(text).toBe(
    [
      `{"TenantId":"${tenantId}","TenantName":"Bakery","5":9223372036854775807,"Score":"NaN"}`,
      `{"TenantId":"${tenantId}","TenantName":"Bakery","5":null,"Score":0.5}`,
      '',
    ].join('\n'),
  )
})

test('a JSON export holds the ledger, the columns and the rows', async () => {
  const text = await written('json', [chunk([{ name: 'A', type: 'string' }], [['x'], ['y']])])

  expect(JSON.parse(text)).toEqual({
    ledger: coverage,
    columns: [
      { name: 'TenantId', type: 'guid' },
      { name: 'TenantName', type: 'string' },
      { name: 'A', type: 'string' },
    ],
    rows: [
      { TenantId: tenantId, TenantName: 'Bakery', A: 'x' },
      { TenantId: tenantId, TenantName: 'Bakery', A: 'y' },
    ],
  })
  expect(JSON.parse(await written('json', [])).rows).toEqual([])
})

test('a JSON reader finds every cell again, in NDJSON as in JSON', async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, anyText, async ({ columns, rows }, tenantName) => {
      const chunks = [chunk(columns, rows, tenantName)]
      const names = unionColumns(chunks).columns.map(({ name }) => name)

      const lines = (await written('ndjson', chunks)).split('\n').slice(0, -1).map(readJson)
      const whole = readJson(await written('json', chunks)) as { rows: Json[] }

      const expected = unified(chunks).map(row => row.map(jsonCell))
      expect(lines.map(line => names.map(name => memberOf(line, name)))).toStrictEqual(expected)
      expect(whole.rows.map(row => names.map(name => memberOf(row, name)))).toStrictEqual(expected)
    }),
    { numRuns: 300 },
  )
})

/** As a reader of JSON has it: no `-0`, names for what is no finite number, bigints for all that is whole and large. */
function jsonCell(cell: Cell): Cell {
  if (typeof cell !== 'number') return cell
  return Number.isFinite(cell) ? numberFrom(String(cell)) : String(cell)
}

function readJson(text: string): Json {
  const { value, marker } = parseExactJson(text)
  return resolveJson(value, marker)
}

function memberOf(object: unknown, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value
}
