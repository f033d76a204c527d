import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'
import { coverageText } from '../../../../src/hunting/results/export/coverage.ts'
import type { ExportChunk } from '../../../../src/hunting/results/export/source.ts'
import { writeExport } from '../../../../src/hunting/results/export/write-export.ts'
import type { Cell, Row } from '../../../../src/hunting/results/model.ts'
import { cellText } from '../../../../src/hunting/results/unify-rows.ts'
import { unionColumns } from '../../../../src/hunting/results/union-columns.ts'
import { anyTable, anyText } from '../arbitrary.ts'
import { metadataOf, parquet, readParquet, unified } from './export-readers.ts'
import { chunk, collect, coverage, tenantId, written } from './written.ts'

test('CSV has a line of names and a line per row, quoted where needed and with no formula left', async () => {
  const text = await written('csv', [
    chunk(
      [
        { name: 'Command', type: 'string' },
        { name: 'Count', type: 'long' },
        { name: 'More', type: 'dynamic' },
      ],
      [
        ['=cmd|"/c calc"!A1', -5, { a: 1n }],
        ['-5', 9223372036854775807n, ['x']],
        ['line\r\nbreak', null, null],
      ],
      '@Bakery, Ltd',
    ),
  ])

  expect(text).toBe(
    [
      'TenantId,TenantName,Command,Count,More',
      `${tenantId},"'@Bakery, Ltd","'=cmd|""/c calc""!A1",-5,"{""a"":1}"`,
      `${tenantId},"'@Bakery, Ltd",-5,9223372036854775807,"[""x""]"`,
      `${tenantId},"'@Bakery, Ltd","line\r\nbreak",,`,
      '',
    ].join('\r\n'),
  )
})

test.each(['-5', '+3.5', '-1e10', '5', '-.5'])('the text %s stays a number in CSV', async number => {
  const text = await written('csv', [chunk([{ name: 'N', type: 'string' }], [[number]])])

  expect(text).toBe(`TenantId,TenantName,N\r\n${tenantId},Bakery,${number}\r\n`)
})

test('CSV begins with a byte order mark only when asked to', async () => {
  const chunks = [chunk([], [[]])]
  const source = { columns: unionColumns([]).columns, chunks, coverage }

  const [withMark] = await collect(writeExport('csv', source, { bom: true }))
  const [without] = await collect(writeExport('csv', source))

  expect(withMark?.subarray(0, 3)).toEqual(Buffer.of(0xef, 0xbb, 0xbf))
  expect(without?.toString()).toBe('TenantId,TenantName\r\n')
})

test('a CSV reader finds every cell again', async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, anyText, async ({ columns, rows }, tenantName) => {
      const chunks = [chunk(columns, rows, tenantName)]

      const records = parse(await written('csv', chunks), { relax_column_count: false }) as string[][]

      const expected = unified(chunks).map(row => row.map(csvText))
      expect(records.slice(1)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('names that differ only in case are told apart in every format, and the head of each says so', async () => {
  const chunks = [
    chunk(
      [
        { name: 'LogonId', type: 'long' },
        { name: 'LogonID', type: 'string' },
        { name: 'tenantid', type: 'string' },
      ],
      [[7n, 'seven', 'x']],
    ),
  ]
  const names = ['TenantId', 'TenantName', 'LogonId', 'LogonID_2', 'tenantid_query']
  const renamed = [
    { name: 'LogonID_2', source: 'LogonID' },
    { name: 'tenantid_query', source: 'tenantid' },
  ]

  const csv = parse(await written('csv', chunks)) as string[][]
  const lines = await written('ndjson', chunks)
  const json = JSON.parse(await written('json', chunks))
  const metadata = parquetMetadata(await parquet(chunks))

  expect(csv).toEqual([names, [tenantId, 'Bakery', '7', 'seven', 'x']])
  expect(Object.keys(JSON.parse(lines))).toEqual(names)
  expect(json.columns.filter((column: object) => 'source' in column)).toMatchObject(renamed)
  expect(metadata.schema.slice(1).map(({ name }) => name)).toEqual(names)
  expect(JSON.parse(metadataOf(metadata, 'tenantry.renamedColumns') ?? '')).toEqual(renamed)
  expect(coverageText(coverage, unionColumns(chunks).columns)).toContain(
    'Column LogonID_2 is LogonID in the query',
  )
})

test('many chunks of many tenants end in one file of each format, in their order', async () => {
  const chunks = Array.from({ length: 30 }, (_, tenant) => ({
    tenantId: `tenant-${tenant}`,
    tenantName: `Tenant ${tenant}`,
    columns: [{ name: tenant % 2 === 0 ? 'Even' : 'Odd', type: 'long' as const }],
    rows: Array.from({ length: 400 }, (_, row): Row => [row]),
  }))
  const expected = chunks.flatMap(({ tenantId: id, rows }) => rows.map(([row]) => `${id} ${row}`))

  const csv = parse(await written('csv', chunks), { columns: true }) as Record<string, string>[]
  const json = JSON.parse(await written('json', chunks)).rows as Record<string, unknown>[]
  const columnar = await readParquet(await parquet(chunks))

  expect(csv.map(({ TenantId, Even, Odd }) => `${TenantId} ${Even}${Odd}`)).toEqual(expected)
  expect(json.map(({ TenantId, Even, Odd }) => `${TenantId} ${Even ?? Odd}`)).toEqual(expected)
  expect(columnar.map(([id, , even, odd]) => `${id} ${even ?? odd}`)).toEqual(expected)
})

test('rows are read only as they are written', async () => {
  let read = 0
  function* chunks(): Generator<ExportChunk> {
    for (; read < 1_000; read++) yield chunk([{ name: 'A', type: 'string' }], [['x']])
  }
  const columns = unionColumns([{ tenantId, columns: [{ name: 'A', type: 'string' }] }]).columns

  const stream = writeExport('ndjson', { columns, chunks: chunks(), coverage })
  await stream.next()
  await stream.next()
  await stream.return(undefined)

  expect(read).toBeLessThan(5)
})

function csvText(cell: Cell): string {
  if (cell === null) return ''
  const text = cellText(cell).toWellFormed()
  if (typeof cell === 'number' || typeof cell === 'bigint') return text
  // By another way than the writer's: part by part, each separator kept in front of its part.
  const parts = text.split(/(?<=[;\t\r\n])/)
  return parts
    .map((part, index) => {
      const number = /^[+-]?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?[;\t\r\n]?$/i.test(part)
      const start = index === 0 ? /^[=+\-@\t\r\n＝＋－＠]/ : /^[=+\-@＝＋－＠]/
      return start.test(part) && !number ? `'${part}` : part
    })
    .join('')
}
