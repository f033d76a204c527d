import type { ColumnSource, SchemaElement } from 'hyparquet-writer'
import type { Cell, ColumnType, Row } from '../model.ts'
import { cellText } from '../unify-rows.ts'
import { freeName, type UnionColumn } from '../union-columns.ts'

type Written = string | number | bigint | boolean | null

/**
 * The Parquet type of each Kusto type. Times are microseconds, the only unit
 * that Spark, Databricks and Fabric read by default; decimals, dynamic values,
 * guids and time spans are text.
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
  datetime: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
}

function text(): Omit<SchemaElement, 'name'> {
  return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
}

/**
 * The Parquet schema of a result; the tenant is required, everything else may
 * be null. Behind the result's own columns stands for each time a text column
 * `<name>_exact`, filled only where microseconds do not hold the whole value:
 * Kusto's times have seven decimals.
 */
export function parquetSchema(columns: UnionColumn[]): SchemaElement[] {
  const fields = columns.map(
    ({ name, type }, index): SchemaElement => ({
      name,
      ...elements[type],
      repetition_type: index < 2 ? 'REQUIRED' : 'OPTIONAL',
    }),
  )
  const exact = exactColumns(columns).map(
    ({ name }): SchemaElement => ({ name, ...text(), repetition_type: 'OPTIONAL' }),
  )
  return [{ name: 'result', num_children: fields.length + exact.length }, ...fields, ...exact]
}

/** For each time its place in the result and the name of the text column that keeps all its digits. */
function exactColumns(columns: UnionColumn[]): { index: number; name: string }[] {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()))
  return columns.flatMap(({ name, type }, index) =>
    type === 'datetime' ? [{ index, name: freeName(`${name}_exact`, taken) }] : [],
  )
}

/** Rows as columns for the writer, in the order of the schema. */
export function parquetColumns(columns: UnionColumn[], rows: Row[]): ColumnSource[] {
  const typed = columns.map(({ name, type }, index) => ({
    name,
    data: rows.map((row): Written => {
      const cell = row[index] ?? null
      return cell === null ? (index < 2 ? '' : null) : writers[type](cell)
    }),
    offsetIndex: false,
    statistics: type !== 'dynamic',
  }))
  const exact = exactColumns(columns).map(({ index, name }) => ({
    name,
    data: rows.map((row): Written => {
      const cell = row[index] ?? null
      return cell === null || isExact(cellText(cell)) ? null : cellText(cell)
    }),
    offsetIndex: false,
    statistics: false,
  }))
  return [...typed, ...exact]
}

const writers: Record<ColumnType, (cell: Exclude<Cell, null>) => Written> = {
  string: cellText,
  guid: cellText,
  timespan: cellText,
  decimal: cellText,
  dynamic: cellText,
  bool: cell => cell === true,
  int: cell => BigInt(cellText(cell)),
  long: cell => BigInt(cellText(cell)),
  real: Number,
  datetime: cell => microseconds(cellText(cell)),
}

/** Whether microseconds hold the whole time: no decimals beyond the sixth but zeros. */
function isExact(datetime: string): boolean {
  return microseconds(datetime) !== null && !/\.\d{6}\d*[1-9]/.test(datetime)
}

/** Microseconds since 1970 of a time as it stands in a cell, cut after six decimals; null for what is no time. */
function microseconds(datetime: string): bigint | null {
  const dot = datetime.indexOf('.')
  const seconds = Date.parse(dot === -1 ? datetime : `${datetime.slice(0, dot)}Z`) / 1000
  if (Number.isNaN(seconds)) return null
  const decimals = dot === -1 ? '' : datetime.slice(dot + 1, -1)
  return BigInt(seconds) * 1_000_000n + BigInt(decimals.slice(0, 6).padEnd(6, '0'))
}
