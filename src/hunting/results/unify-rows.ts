import { stringifyExactJson } from './answer/exact-json.ts'
import type { Cell, Column, ColumnType, Row } from './model.ts'
import type { UnionColumn } from './union-columns.ts'

export type TenantName = { tenantId: string; tenantName: string }

/**
 * Makes the function that turns the rows of an answer with these columns into
 * rows of the union: tenant first, nulls for columns that this tenant has not,
 * values in the type that the union resolved to.
 */
export function rowUnifier(columns: Column[], union: UnionColumn[]): (tenant: TenantName, row: Row) => Row {
  const placeOf = new Map(columns.map(({ name }, index) => [name, index]))
  const steps = union.slice(2).map(({ source = '', type }) => {
    const index = placeOf.get(source) ?? -1
    const own = columns[index]?.type ?? type
    return { index, convert: converter(own, type) }
  })
  return ({ tenantId, tenantName }, row) => {
    const unified: Row = [tenantId, tenantName]
    for (const { index, convert } of steps) {
      const cell = index === -1 ? null : (row[index] ?? null)
      unified.push(convert && cell !== null ? convert(cell) : cell)
    }
    return unified
  }
}

/** The text of a cell as a string or decimal column shows it; JSON for dynamic values. */
export function cellText(cell: Exclude<Cell, null>): string {
  return typeof cell === 'string' ? cell : typeof cell === 'object' ? stringifyExactJson(cell) : String(cell)
}

/** Numbers widen and any cell is a dynamic value as it is; only text has to be made. */
function converter(from: ColumnType, to: ColumnType): ((cell: Exclude<Cell, null>) => Cell) | undefined {
  return from !== to && (to === 'string' || to === 'decimal') ? cellText : undefined
}
