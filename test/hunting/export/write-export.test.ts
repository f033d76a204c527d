import { zstdDecompressSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { type FileMetaData, parquetMetadata, parquetRead } from 'hyparquet'
import { expect, test } from 'vitest'
import type { Ledger } from '../../../src/hunting/export/ledger.ts'
import type { ExportChunk } from '../../../src/hunting/export/source.ts'
import { type ExportFormat, writeExport } from '../../../src/hunting/export/write-export.ts'
import { numberFrom, parseExactJson, resolveJson } from '../../../src/hunting/results/exact-json.ts'
import type { Cell, Column, Json, Row } from '../../../src/hunting/results/model.ts'
import { cellText, rowUnifier } from '../../../src/hunting/results/unify-rows.ts'
import { unionColumns } from '../../../src/hunting/results/union-columns.ts'
import { anyTable, anyText } from '../results/arbitrary.ts'

const tenantId = '11111111-1111-4111-8111-111111111111'

const ledger: Ledger = {
  asked: 3,
  answered: 2,
  empty: 1,
  failed: [{ name: 'role_missing', reason: 'the role ThreatHunting.Read.All is missing', tenants: 1 }],
  truncated: 0,
  waiting: 0,
  waitingUntil: null,
  canceled: 0,
  rows: 2,
}

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

test.each(['=1+1', '+1+1', '-1-1', '@SUM(1)', '\t=1', '\r=1', '＝1', '-', '+x'])(
  'the text %j does not begin a formula in CSV',
  async dangerous => {
    const text = await written('csv', [chunk([{ name: dangerous, type: 'string' }], [[dangerous]])])
    const [names, row] = parse(text) as string[][]

    expect(names?.[2]).toBe(`'${dangerous}`)
    expect(row?.[2]).toBe(`'${dangerous}`)
  },
)

test.each(['-5', '+3.5', '-1e10', '5', '-.5'])('the text %s stays a number in CSV', async number => {
  const text = await written('csv', [chunk([{ name: 'N', type: 'string' }], [[number]])])

  expect(text).toBe(`TenantId,TenantName,N\r\n${tenantId},Bakery,${number}\r\n`)
})

test('CSV begins with a byte order mark only when asked to', async () => {
  const chunks = [chunk([], [[]])]
  const source = { columns: unionColumns([]).columns, chunks, ledger }

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
    ledger,
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

test('a Parquet reader finds every cell again, with whole numbers and times exact', async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, async ({ columns, rows }) => {
      const chunks = [chunk(columns, rows)]
      const union = unionColumns(chunks).columns

      const file = await parquet(chunks)
      const cells = await readParquet(file)

      const times = JSON.parse(
        metadataOf(parquetMetadata(file), 'tenantry.timesOutOfRange') ?? '{"first":[]}',
      )
      const expected = unified(chunks).map(row =>
        row.map((cell, index) => parquetCell(cell, union[index]?.type ?? 'string')),
      )
      for (const { row, column, value } of times.first) {
        const index = union.findIndex(({ name }) => name === column)
        expect(value).toBe(unified(chunks)[row]?.[index])
      }
      expect(cells).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

test('Parquet has typed columns, the ledger in its footer, and says which times it cannot hold', async () => {
  const file = await parquet([
    chunk(
      [
        { name: 'At', type: 'datetime' },
        { name: 'Id', type: 'long' },
        { name: 'Is', type: 'bool' },
        { name: 'Score', type: 'real' },
      ],
      [
        ['2026-08-20T06:08:12.6657884Z', 9223372036854775807n, true, 0.5],
        ['0001-01-01T00:00:00Z', null, null, null],
      ],
    ),
  ])

  const metadata = parquetMetadata(file)

  expect(metadata.num_rows).toBe(2n)
  expect(metadata.schema.slice(1).map(({ type, logical_type }) => logical_type?.type ?? type)).toEqual([
    'STRING',
    'STRING',
    'TIMESTAMP',
    'INT64',
    'BOOLEAN',
    'DOUBLE',
  ])
  expect(metadata.schema[3]?.logical_type).toMatchObject({ isAdjustedToUTC: true, unit: 'NANOS' })
  expect(JSON.parse(metadataOf(metadata, 'tenantry.ledger') ?? '')).toEqual(ledger)
  expect(JSON.parse(metadataOf(metadata, 'tenantry.timesOutOfRange') ?? '')).toEqual({
    count: 1,
    first: [{ row: 1, column: 'At', value: '0001-01-01T00:00:00Z' }],
  })
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

  const stream = writeExport('ndjson', { columns, chunks: chunks(), ledger })
  await stream.next()
  await stream.next()
  await stream.return(undefined)

  expect(read).toBeLessThan(5)
})

function chunk(columns: Column[], rows: Row[], tenantName = 'Bakery'): ExportChunk {
  return { tenantId, tenantName, columns, rows }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function bytesOf(format: ExportFormat, chunks: ExportChunk[]): Promise<Buffer> {
  const { columns } = unionColumns(chunks)
  return Buffer.concat(await collect(writeExport(format, { columns, chunks, ledger })))
}

async function written(format: ExportFormat, chunks: ExportChunk[]): Promise<string> {
  return (await bytesOf(format, chunks)).toString()
}

async function parquet(chunks: ExportChunk[]): Promise<ArrayBuffer> {
  return new Uint8Array(await bytesOf('parquet', chunks)).buffer
}

function unified(chunks: ExportChunk[]): Row[] {
  const { columns } = unionColumns(chunks)
  return chunks.flatMap(one => one.rows.map(row => rowUnifier(one.columns, columns)(one, row)))
}

function csvText(cell: Cell): string {
  if (cell === null) return ''
  const text = cellText(cell).toWellFormed()
  const isNumber = /^[+-]?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i.test(text)
  return typeof cell !== 'number' && !isNumber && /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
}

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

function parquetCell(cell: Cell, type: Column['type']): unknown {
  if (cell === null) return null
  if (type === 'bool' || type === 'real') return cell
  if (type === 'int' || type === 'long') return BigInt(String(cell))
  if (type === 'datetime') return nanosecondsOf(cellText(cell))
  return cellText(cell).toWellFormed()
}

/** By another way than the writer's: the seconds from `Date`, the decimals from the text. */
function nanosecondsOf(datetime: string): bigint | null {
  const [whole = '', decimals = ''] = datetime.slice(0, -1).split('.')
  const total =
    BigInt(new Date(`${whole}Z`).getTime()) * 1_000_000n + BigInt(`${decimals}000000000`.slice(0, 9))
  return BigInt.asIntN(64, total) === total ? total : null
}

/** Rows as lists of values, times as nanoseconds since 1970. */
async function readParquet(file: ArrayBuffer): Promise<unknown[][]> {
  let rows: unknown[][] = []
  await parquetRead({
    file,
    compressors: { ZSTD: decompress },
    parsers: rawTimes,
    rowFormat: 'array',
    onComplete: read => {
      rows = read
    },
  })
  return rows
}

const rawTimes = { timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds }

function decompress(input: Uint8Array): Uint8Array {
  return new Uint8Array(zstdDecompressSync(input))
}

function metadataOf(metadata: FileMetaData, key: string): string | undefined {
  return metadata.key_value_metadata?.find(entry => entry.key === key)?.value
}
