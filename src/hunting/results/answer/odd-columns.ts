import { type Cell, type Column, isRecord, type Row } from '../model.ts'
import { cellText } from '../unify-rows.ts'

const numeric = new Set<Column['type']>(['int', 'long', 'real', 'decimal'])

/**
 * Gives a column whose values do not all fit its declared type the narrowest
 * type that holds what came, and keeps the declared one beside it: numbers of
 * another kind become decimals, anything with members dynamic, all else text.
 * The rows are changed in place.
 *
 * @param index place of the column
 */
export function widenOddColumn(columns: Column[], rows: Row[], index: number): void {
  const column = columns[index]
  if (!column) return
  const cells = rows.map(row => row[index] ?? null)
  const type = typeFor(column.type, cells)
  columns[index] = { name: column.name, type, declared: column.type }
  if (type === 'dynamic') return
  for (const row of rows) {
    const cell = row[index] ?? null
    if (cell !== null) row[index] = cellText(cell)
  }
}

function typeFor(declared: Column['type'], cells: readonly Cell[]): Column['type'] {
  if (cells.some(cell => isRecord(cell) || Array.isArray(cell))) return 'dynamic'
  if (numeric.has(declared) && cells.every(cell => cell === null || isNumber(cell))) return 'decimal'
  return 'string'
}

/** Also the text in which decimals and longs beyond 64 bits come. */
function isNumber(cell: Cell): boolean {
  if (typeof cell === 'number') return Number.isFinite(cell)
  return typeof cell === 'bigint' || (typeof cell === 'string' && /^[+-]?\d+(\.\d+)?$/.test(cell))
}
