import type { DuckDBValue } from '@duckdb/node-api'
import { AppError } from '../../../errors.ts'
import type { ColumnType } from '../model.ts'
import type { FilterOperator, RowFilter, RowSort } from '../row-selection.ts'
import type { UnionColumn } from '../union-columns.ts'

/** A column of the table, `c` and its place. */
export type TableColumn = UnionColumn & { place: number }

/** The part of a result that is looked at. */
export type RowScope = {
  columns: TableColumn[]
  /** Tenants that may be seen; null: all. */
  tenantIds: string[] | null
  filters: RowFilter[]
}

/** A piece of SQL and its parameters. */
export type Condition = { text: string; values: DuckDBValue[] }

/**
 * What rows have to fit. Columns appear as `c` and their place, values as
 * parameters: nothing that was typed becomes SQL.
 */
export function whereOf(scope: RowScope): Condition {
  const texts = ['TRUE']
  const values: DuckDBValue[] = []
  const bind = (value: string): string => `$${values.push(value.toWellFormed())}`

  if (scope.tenantIds !== null) {
    texts.push(
      `c0 IN (SELECT unnest(from_json(${bind(JSON.stringify(scope.tenantIds))}::JSON, '["VARCHAR"]')))`,
    )
  }
  for (const filter of scope.filters) texts.push(conditionOf(scope, filter, bind))
  return { text: texts.join(' AND '), values }
}

const comparisons: Partial<Record<FilterOperator, string>> = {
  equals: 'IS NOT DISTINCT FROM',
  notEquals: 'IS DISTINCT FROM',
  less: '<',
  lessOrEqual: '<=',
  greater: '>',
  greaterOrEqual: '>=',
}

function conditionOf(
  scope: RowScope,
  { column, operator, value = '' }: RowFilter,
  bind: (value: string) => string,
): string {
  const found = columnOf(scope, column)
  const { place, type } = found
  const text = `CAST(c${place} AS VARCHAR)`
  switch (operator) {
    case 'isEmpty':
      return `coalesce(${text}, '') = ''`
    case 'isNotEmpty':
      return `coalesce(${text}, '') <> ''`
    case 'contains':
      return `contains(lower(${text}), lower(${bind(value)}))`
    case 'notContains':
      return `NOT coalesce(contains(lower(${text}), lower(${bind(value)})), FALSE)`
    case 'startsWith':
      return `starts_with(lower(${text}), lower(${bind(value)}))`
    default:
      return `${comparable(found)} ${comparisons[operator]} ${operand(column, type, value, bind)}`
  }
}

function operand(column: string, type: ColumnType, value: string, bind: (value: string) => string): string {
  switch (type) {
    case 'int':
    case 'long':
    case 'real':
    case 'decimal':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())) throw misfit(column, 'a number')
      return `CAST(${bind(value.trim())} AS ${type === 'decimal' ? 'DECIMAL(38, 9)' : /^[+-]?\d{1,18}$/.test(value.trim()) ? 'BIGINT' : 'DOUBLE'})`
    case 'bool':
      if (!/^(true|false)$/i.test(value.trim())) throw misfit(column, 'true or false')
      return /true/i.test(value) ? 'TRUE' : 'FALSE'
    case 'datetime':
      if (!/^\d{4}(-\d{2}(-\d{2}([T ][\d:.]*Z?)?)?)?$/.test(value.trim()))
        throw misfit(column, 'a time as 2026-08-20T06:08')
      return `rtrim(${bind(value.trim().replace(' ', 'T'))}, 'Z')`
    default:
      return bind(value)
  }
}

/** By one column, nothing last. @throws AppError `invalid` */
export function orderOf(scope: RowScope, { column, descending = false }: RowSort): string {
  return `${comparable(columnOf(scope, column))} ${descending ? 'DESC' : 'ASC'} NULLS LAST`
}

/** A column in the form in which its values compare as they should. */
function comparable({ place, type }: TableColumn): string {
  // Without its end, the shorter of two times that begin alike is the earlier.
  if (type === 'datetime') return `rtrim(c${place}, 'Z')`
  if (type === 'decimal') return `TRY_CAST(c${place} AS DECIMAL(38, 9))`
  return `c${place}`
}

/** @throws AppError `invalid` for one that is not there */
export function columnOf({ columns }: RowScope, name: string): TableColumn {
  const column = columns.find(candidate => candidate.name === name)
  if (column) return column
  throw new AppError('invalid', `the result has no column "${name}"`, {
    remedy: `Choose one of: ${columns.map(candidate => candidate.name).join(', ')}.`,
  })
}

function misfit(column: string, what: string): AppError {
  return new AppError('invalid', `the column "${column}" is compared with ${what}`)
}
