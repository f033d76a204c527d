import { createHash } from 'node:crypto'
import { stringifyExactJson } from '../../results/answer/exact-json.ts'
import type { Cell, Column, Json, Row } from '../../results/model.ts'

/**
 * Makes the function that tells whether two rows are the same finding: the
 * first 16 bytes of SHA-256 over its key.
 *
 * Columns count by name, so their order does not matter, and empty cells do
 * not count, so a column that appears later changes nothing until it holds
 * something. Neither does the order inside a list: that of `make_set` is
 * another one each time.
 *
 * @param keyColumns columns that make the key; empty, or when there is none of them: all whose type is not
 * datetime, and when nothing is left, all
 */
export function rowHasher(columns: Column[], keyColumns: readonly string[]): (row: Row) => Buffer {
  const all = columns.map(({ name, type }, index) => ({ name, type, index }))
  const wanted = all.filter(({ name }) => keyColumns.includes(name))
  const timeless = all.filter(({ type }) => type !== 'datetime')
  // A key of no column would make all rows the same one.
  const keyed = [wanted, timeless, all].find(({ length }) => length > 0) ?? []
  keyed.sort((one, other) => (one.name < other.name ? -1 : 1))
  return row => {
    const hash = createHash('sha256')
    for (const { name, index } of keyed) {
      const cell = row[index] ?? null
      if (cell === null || cell === '') continue
      hash.update(`${JSON.stringify(name)}:${cellKey(cell)},`)
    }
    return hash.digest().subarray(0, 16)
  }
}

/** A cell as text; lists and members of objects are sorted, as services order them as they like. */
function cellKey(cell: Exclude<Cell, null>): string {
  if (typeof cell !== 'object') return typeof cell === 'string' ? JSON.stringify(cell) : String(cell)
  return stringifyExactJson(sorted(cell))
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(item => stringifyExactJson(sorted(item))).sort()
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  // As pairs: members that look like numbers would be put first again.
  return ['{}', ...members.map(([name, member]): Json => [name, sorted(member)])]
}
