import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { AppError } from '../../../errors.ts'
import { parseExactJson, resolveJson } from '../answer/exact-json.ts'
import type { Cell, ColumnType, Row } from '../model.ts'
import type { RowSort } from '../row-selection.ts'
import {
  type Condition,
  columnOf,
  orderOf,
  type RowScope,
  type TableColumn,
  whereOf,
} from './row-conditions.ts'

export type RowGroup = {
  /** In the order of the columns asked for. */
  values: Row
  count: number
  /** Distinct tenants in it. */
  tenants: number
  /** Sum, mean, least and greatest of the measured column. */
  measure: { sum: number | null; mean: number | null; min: number | null; max: number | null } | null
}

export type Timeline = {
  column: string
  /** ISO 8601 UTC of the first bucket. */
  from: string
  stepMs: number
  /** Every bucket from the first to the last, empty ones included. */
  counts: number[]
  /** Rows without a time. */
  withoutTime: number
}

/** Sorted or filtered rows. @throws AppError `invalid` for a column that is not there or a value that does not fit */
export async function queryRows(
  connection: DuckDBConnection,
  scope: RowScope,
  { sort, offset, limit }: { sort: RowSort | null; offset: number; limit: number },
): Promise<{ rows: Row[]; total: number }> {
  const total = await countRows(connection, scope, sort)
  const { text, values } = selectRows(scope, sort, { offset, limit })
  const found = await connection.runAndReadAll(text, values)
  return { rows: readRows(scope, found.getRows()), total }
}

/** How many rows fit, once it is sure that they can be read. @throws AppError `invalid`, also for the order */
export async function countRows(
  connection: DuckDBConnection,
  scope: RowScope,
  sort: RowSort | null,
): Promise<number> {
  if (sort) orderOf(scope, sort)
  const { text, values } = whereOf(scope)
  return countOf(connection, `SELECT count(*) FROM r WHERE ${text}`, values)
}

/** Cells sorted at once where all rows are wanted: some tens of megabytes. */
const cellsAtOnce = 1_000_000

/** All rows that fit, a few thousand at a time. */
export async function* streamRows(
  connection: DuckDBConnection,
  scope: RowScope,
  sort: RowSort | null,
): AsyncGenerator<Row[]> {
  const limit = Math.max(2_000, Math.floor(cellsAtOnce / scope.columns.length))
  for (let offset = 0, count = limit; count === limit; offset += limit) {
    const { text, values } = selectRows(scope, sort, { offset, limit })
    const result = await connection.stream(text, values)
    count = 0
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
      count += chunk.rowCount
      yield readRows(scope, chunk.getRows())
    }
  }
}

/** Only the keys of all rows are sorted: whole rows, where they are wide, exceed the memory that is allowed. */
function selectRows(
  scope: RowScope,
  sort: RowSort | null,
  { offset, limit }: { offset: number; limit: number },
): Condition {
  const where = whereOf(scope)
  const fields = scope.columns.map(({ place }) => `c${place}`).join(', ')
  const order = sort ? `${orderOf(scope, sort)}, n` : 'n'
  const wanted = `SELECT rowid FROM r WHERE ${where.text} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`
  return {
    text: `SELECT ${fields} FROM r WHERE rowid IN (${wanted}) ORDER BY ${order}`,
    values: where.values,
  }
}

function readRows({ columns }: RowScope, rows: DuckDBValue[][]): Row[] {
  return rows.map(row => row.map((value, index) => readCell(value, columns[index]?.type)))
}

/**
 * Rows grouped by the values of columns, rarest first unless told, which is
 * how the odd one is found.
 *
 * @throws AppError `invalid`
 */
export async function queryGroups(
  connection: DuckDBConnection,
  scope: RowScope,
  wanted: {
    columns: string[]
    measure: string | null
    common: boolean
    spread: boolean
    offset: number
    limit: number
  },
): Promise<{ groups: RowGroup[]; total: number }> {
  const where = whereOf(scope)
  const keyColumns = wanted.columns.map(name => columnOf(scope, name))
  const keys = keyColumns.map(({ place }) => `c${place}`).join(', ')
  const measured = wanted.measure === null ? null : numberOf(columnOf(scope, wanted.measure))
  const measures = measured
    ? `, sum(${measured})::DOUBLE, avg(${measured})::DOUBLE, min(${measured})::DOUBLE, max(${measured})::DOUBLE`
    : ''
  const total = await countOf(
    connection,
    `SELECT count(*) FROM (SELECT 1 FROM r WHERE ${where.text} GROUP BY ${keys})`,
    where.values,
  )
  const direction = wanted.common ? 'DESC' : 'ASC'
  const order = wanted.spread ? `hash(${keys}), ${keys}` : `rows ${direction}, tenants ${direction}, ${keys}`
  const found = await connection.runAndReadAll(
    `SELECT ${keys}, count(*) AS rows, count(DISTINCT c0) AS tenants${measures} FROM r WHERE ${where.text}
     GROUP BY ${keys} ORDER BY ${order}
     LIMIT ${wanted.limit} OFFSET ${wanted.offset}`,
    where.values,
  )
  const types = keyColumns.map(({ type }) => type)
  const groups = found.getRows().map(row => {
    const [count, tenants, ...figures] = row
      .slice(types.length)
      .map(value => (value === null ? null : Number(value)))
    const [sum = null, mean = null, min = null, max = null] = figures
    return {
      values: types.map((type, index) => readCell(row[index] ?? null, type)),
      count: count ?? 0,
      tenants: tenants ?? 0,
      measure: measured ? { sum, mean, min, max } : null,
    }
  })
  return { groups, total }
}

const steps = [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800].map(
  seconds => seconds * 1000,
)

/**
 * Rows over time.
 *
 * @param wanted.column a datetime column; null: `Timestamp`, or the first there is
 * @param wanted.buckets at most about so many
 * @returns null when no row has a time
 * @throws AppError `invalid`
 */
export async function queryTimeline(
  connection: DuckDBConnection,
  scope: RowScope,
  wanted: { column: string | null; buckets: number },
): Promise<Timeline | null> {
  const column = timeColumn(scope, wanted.column)
  if (!column) return null
  const where = whereOf(scope)
  // To the second: the first 19 characters of a time.
  const seconds = `epoch(TRY_CAST(left(c${column.place}, 19) AS TIMESTAMP))`
  const ends = await connection.runAndReadAll(
    `SELECT min(${seconds})::DOUBLE, max(${seconds})::DOUBLE, count(*) - count(${seconds}) FROM r WHERE ${where.text}`,
    where.values,
  )
  const [first = null, last = null, without = 0] = (ends.getRows()[0] ?? []).map(value =>
    value === null ? null : Number(value),
  )
  if (first === null || last === null) return null

  const spanMs = (last - first) * 1000
  const stepMs = steps.find(step => spanMs / step < wanted.buckets) ?? Math.ceil(spanMs / wanted.buckets)
  const fromMs = Math.floor((first * 1000) / stepMs) * stepMs
  const counted = await connection.runAndReadAll(
    `SELECT floor((${seconds} * 1000 - ${fromMs}) / ${stepMs})::BIGINT AS bucket, count(*) FROM r
     WHERE ${where.text} AND ${seconds} IS NOT NULL GROUP BY bucket`,
    where.values,
  )
  const counts = new Array<number>(Math.floor((last * 1000 - fromMs) / stepMs) + 1).fill(0)
  for (const [bucket, count] of counted.getRows()) counts[Number(bucket)] = Number(count)
  return {
    column: column.name,
    from: new Date(fromMs).toISOString(),
    stepMs,
    counts,
    withoutTime: without ?? 0,
  }
}

function numberOf({ place, type, name }: TableColumn): string {
  if (type === 'int' || type === 'long' || type === 'real') return `c${place}`
  if (type === 'decimal') return `TRY_CAST(c${place} AS DOUBLE)`
  throw new AppError('invalid', `the column "${name}" has no numbers`)
}

function timeColumn(scope: RowScope, name: string | null): TableColumn | undefined {
  const times = scope.columns.filter(({ type }) => type === 'datetime')
  if (name === null) return times.find(column => column.name === 'Timestamp') ?? times[0]
  const column = columnOf(scope, name)
  if (column.type === 'datetime') return column
  throw new AppError('invalid', `the column "${name}" has no times`)
}

async function countOf(connection: DuckDBConnection, text: string, values: DuckDBValue[]): Promise<number> {
  const found = await connection.runAndReadAll(text, values)
  return Number(found.getRows()[0]?.[0] ?? 0)
}

/** A value of the table as it was in the answer. */
function readCell(value: DuckDBValue, type: ColumnType | undefined): Cell {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === 'string' && type === 'dynamic') {
    const { value: parsed, marker } = parseExactJson(value)
    return resolveJson(parsed, marker)
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
