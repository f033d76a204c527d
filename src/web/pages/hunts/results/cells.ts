import { stringifyExactJson } from '../../../../hunting/results/answer/exact-json.ts'
import type { Cell, Column, Json, Row } from '../../../../hunting/results/model.ts'
import { cellText } from '../../../../hunting/results/unify-rows.ts'
import { pivots } from './pivots.ts'

/** A value as a table shows it. */
export type ShownCell = {
  /** Exactly the value, unless `hidden` tells that more of it is on the row's own page. */
  text: string
  /** How many characters are not shown here. */
  hidden: number
  isNull: boolean
  isNumber: boolean
  /** For a time, ISO 8601 with milliseconds: what browsers understand. */
  at: string | null
  /** The page about what the value names. */
  href: string | null
}

export type ShownRow = { position: number; cells: ShownCell[] }

/** Characters of a value in a table; the row's own page has all. */
const shownInTable = 300

const numbers = new Set(['long', 'int', 'real', 'decimal'])

/** Rows as the table shows them. `first` is the position of the first. */
export function showRows(columns: Column[], rows: Row[], first: number): ShownRow[] {
  return rows.map((row, index) => ({ position: first + index, cells: showRow(columns, row, shownInTable) }))
}

/** One row's values. */
export function showRow(columns: Column[], row: Row, most = Number.POSITIVE_INFINITY): ShownCell[] {
  const hrefs = pivots(columns, row)
  return columns.map((column, index) => showCell(column, row[index] ?? null, hrefs[index], most))
}

/** @param href the page about what the value names */
export function showCell(
  { type }: Pick<Column, 'type'>,
  cell: Cell,
  href: string | null = null,
  most = shownInTable,
): ShownCell {
  if (cell === null) {
    return { text: 'null', hidden: 0, isNull: true, isNumber: false, at: null, href: null }
  }
  const whole = cellText(cell)
  const text = whole.length > most ? whole.slice(0, most) : whole
  return {
    text,
    hidden: whole.length - text.length,
    isNull: false,
    isNumber: numbers.has(type),
    at: type === 'datetime' ? millisecondsOf(whole) : null,
    href,
  }
}

/** A row as JSON, all digits kept, its members in the order of the columns. */
export function rowJson(columns: Column[], row: Row): string {
  const members = columns.map(({ name }, index) => `${JSON.stringify(name)}: ${json(row[index] ?? null)}`)
  return `{\n  ${members.join(',\n  ')}\n}`
}

function json(cell: Json): string {
  if (typeof cell === 'number' && !Number.isFinite(cell)) return `"${cell}"`
  return stringifyExactJson(cell)
}

/** Kusto has ticks of 100 ns, and years before browsers' first. */
function millisecondsOf(datetime: string): string | null {
  const time = new Date(datetime)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
