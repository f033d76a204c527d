import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'
import type { Cell, Column } from '../../../../src/hunting/results/model.ts'
import { cellText } from '../../../../src/hunting/results/unify-rows.ts'
import { unionColumns } from '../../../../src/hunting/results/union-columns.ts'
import { anyTable } from '../arbitrary.ts'
import { metadataOf, parquet, readParquet, unified } from './export-readers.ts'
import { chunk, coverage } from './written.ts'

test('a Parquet reader finds every cell again, with whole numbers exact and times exact or as text beside', async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, async ({ columns, rows }) => {
      const chunks = [chunk(columns, rows)]
      const union = unionColumns(chunks).columns
      const times = union.flatMap(({ type }, index) => (type === 'datetime' ? [index] : []))

      const cells = await readParquet(await parquet(chunks))

      const expected = unified(chunks).map(row => [
        ...row.map((cell, index) => parquetCell(cell, union[index]?.type ?? 'string')),
        ...times.map(index => exactText(row[index] ?? null)),
      ])
      expect(cells).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

test('Parquet has types that every reader knows, times in microseconds, the ledger in its footer', async () => {
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
        ['2026-08-20T06:08:12.6657880Z', null, null, null],
        ['0001-01-01T00:00:00Z', null, null, null],
      ],
    ),
  ])

  const metadata = parquetMetadata(file)

  expect(metadata.num_rows).toBe(3n)
  expect(metadata.schema.slice(1).map(({ type, logical_type }) => logical_type?.type ?? type)).toEqual([
    'STRING',
    'STRING',
    'TIMESTAMP',
    'INT64',
    'BOOLEAN',
    'DOUBLE',
    'STRING',
  ])
  expect(metadata.schema[3]?.logical_type).toMatchObject({ isAdjustedToUTC: true, unit: 'MICROS' })
  expect(metadata.schema[7]?.name).toBe('At_exact')
  expect((await readParquet(file)).map(row => [row[2], row[6]])).toEqual([
    [1787206092665788n, '2026-08-20T06:08:12.6657884Z'],
    [1787206092665788n, null],
    [-62135596800000000n, null],
  ])
  expect(JSON.parse(metadataOf(metadata, 'tenantry.ledger') ?? '')).toEqual(coverage)
})

function parquetCell(cell: Cell, type: Column['type']): unknown {
  if (cell === null) return null
  if (type === 'bool' || type === 'real') return cell
  if (type === 'int' || type === 'long') return BigInt(String(cell))
  if (type === 'datetime') return microsecondsOf(cellText(cell)).whole
  return cellText(cell).toWellFormed()
}

/** What stands in the text column beside a time: the time, when microseconds do not hold it. */
function exactText(cell: Cell): string | null {
  if (cell === null) return null
  const text = cellText(cell)
  return microsecondsOf(text).isExact ? null : text
}

/** By another way than the writer's: the seconds from `Date`, the decimals from the text. */
function microsecondsOf(datetime: string): { whole: bigint; isExact: boolean } {
  const [whole = '', decimals = ''] = datetime.slice(0, -1).split('.')
  const nanoseconds =
    BigInt(new Date(`${whole}Z`).getTime()) * 1_000_000n + BigInt(`${decimals}000000000`.slice(0, 9))
  const rest = ((nanoseconds % 1000n) + 1000n) % 1000n
  return { whole: (nanoseconds - rest) / 1000n, isExact: rest === 0n }
}
