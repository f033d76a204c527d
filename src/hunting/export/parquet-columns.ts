import type { ColumnSource, SchemaElement } from 'hyparquet-writer'
import type { Cell, ColumnType, Row } from '../results/model.ts'
import { cellText } from '../results/unify-rows.ts'
import type { UnionColumn } from '../results/union-columns.ts'

type Written = string | number | bigint | boolean | null

/**
 * The Parquet type of each Kusto type. Times are nanoseconds because Kusto's
 * ticks (100 ns) do not fit microseconds; decimals, dynamic values, guids and
 * time spans are text.
 */
const elements: Record<ColumnType, Omit<SchemaElement, 'name'>> = {
  string: text(),
  guid: text(),
  timespan: text(),
  decimal: text(),
  dynamic: text(),
  bool: { type: 'BOOLEAN' },
  int: { type: 'INT64' },
  long: { type: 'INT64' },
  real: { type: 'DOUBLE' },
  datetime: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } },
}

function text(): Omit<SchemaElement, 'name'> {
  return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
}

/** The Parquet schema of a result; the tenant is required, everything else may be null. */
export function parquetSchema(columns: UnionColumn[]): SchemaElement[] {
  const fields = columns.map(
    ({ name, type }, index): SchemaElement => ({
      name,
      ...elements[type],
      repetition_type: index < 2 ? 'REQUIRED' : 'OPTIONAL',
    }),
  )
  return [{ name: 'result', num_children: fields.length }, ...fields]
}

/** A time that nanoseconds since 1970 in 64 bits cannot tell (before 1677-09-22, after 2262-04-10). */
export type OutOfRange = { row: number; column: string; value: string }

/**
 * Rows as columns for the writer.
 *
 * @param firstRow number of the first row in the file, from 0
 * @param outOfRange takes the times that had to become null
 */
export function parquetColumns(
  columns: UnionColumn[],
  rows: Row[],
  firstRow: number,
  outOfRange: (time: OutOfRange) => void,
): ColumnSource[] {
  return columns.map(({ name, type }, index) => {
    const data = rows.map((row, number): Written => {
      const cell = row[index] ?? null
      if (cell === null) return index < 2 ? '' : null
      const value = writers[type](cell)
      if (value === undefined) outOfRange({ row: firstRow + number, column: name, value: cellText(cell) })
      return value ?? null
    })
    return { name, data, offsetIndex: false, statistics: type !== 'dynamic' }
  })
}

const writers: Record<ColumnType, (cell: Exclude<Cell, null>) => Written | undefined> = {
  string: cellText,
  guid: cellText,
  timespan: cellText,
  decimal: cellText,
  dynamic: cellText,
  bool: cell => cell === true,
  int: cell => BigInt(cellText(cell)),
  long: cell => BigInt(cellText(cell)),
  real: Number,
  datetime: cell => nanoseconds(cellText(cell)),
}

const maxNanoseconds = 2n ** 63n - 1n

/** Nanoseconds since 1970 of a time as it stands in a cell, with up to 9 decimals. */
function nanoseconds(datetime: string): bigint | undefined {
  const dot = datetime.indexOf('.')
  const seconds = Date.parse(dot === -1 ? datetime : `${datetime.slice(0, dot)}Z`) / 1000
  const decimals = dot === -1 ? '' : datetime.slice(dot + 1, -1)
  if (Number.isNaN(seconds)) return undefined
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(decimals.slice(0, 9).padEnd(9, '0'))
  return total <= maxNanoseconds && total >= -maxNanoseconds ? total : undefined
}
