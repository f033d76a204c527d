import { stringifyExactJson } from '../answer/exact-json.ts'
import type { Cell, Row } from '../model.ts'
import type { UnionColumn } from '../union-columns.ts'
import { type ExportSource, unifiedRows } from './source.ts'

/**
 * Writes a result as newline-delimited JSON: an object per row, its members in
 * the order of the columns, `TenantId` and `TenantName` first.
 *
 * Whole numbers have all their digits (a reader that holds numbers as doubles
 * must take care of those beyond 2^53), decimals are strings, `NaN` and the
 * infinities are strings of that name, nulls are written.
 */
export async function* writeNdjson(source: ExportSource): AsyncGenerator<Buffer> {
  const toObject = rowWriter(source.columns)
  for await (const rows of unifiedRows(source)) {
    let text = ''
    for (const row of rows) text += `${toObject(row)}\n`
    yield Buffer.from(text)
  }
}

/**
 * Writes a result as one JSON object: `ledger`, `columns` (`name`, `type`,
 * and `source` where the query calls it otherwise) and `rows`, a list of objects as in newline-delimited JSON.
 */
export async function* writeJson(source: ExportSource): AsyncGenerator<Buffer> {
  const columns = source.columns.map(({ name, type, source: given }) => ({
    name,
    type,
    ...(given !== undefined && given !== name ? { source: given } : {}),
  }))
  yield Buffer.from(
    `{"ledger":${JSON.stringify(source.coverage)},\n"columns":${JSON.stringify(columns)},\n"rows":[`,
  )

  const toObject = rowWriter(source.columns)
  let separator = '\n'
  for await (const rows of unifiedRows(source)) {
    let text = ''
    for (const row of rows) {
      text += separator + toObject(row)
      separator = ',\n'
    }
    yield Buffer.from(text)
  }
  yield Buffer.from('\n]}\n')
}

/** Written as text, since an object would put members with numbers for names before the others. */
function rowWriter(columns: UnionColumn[]): (row: Row) => string {
  const keys = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  return row => {
    let text = ''
    for (let index = 0; index < keys.length; index++) text += keys[index] + cellJson(row[index] ?? null)
    return `${text}}`
  }
}

function cellJson(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : `"${cell}"`
  if (typeof cell === 'bigint') return String(cell)
  return stringifyExactJson(cell)
}
