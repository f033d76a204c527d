import { parse } from 'csv-parse/sync'
import { AppError } from '../errors.ts'
import { type Contact, readContactText } from '../tenants/contact.ts'

/** One line of a pasted list or CSV file; `line` counts from 1 as an editor does. */
export type ImportLine =
  | { line: number; kind: 'entry'; name: string; tenant: string; tags: string[]; contact: Contact | null }
  | { line: number; kind: 'bad'; text: string; problem: string }

type Columns = { name: number; tenant: number; tags: number | null; contact: number | null }

const headings: Record<keyof Columns, RegExp> = {
  name: /^(customer ?name|customer|name|company)$/i,
  tenant: /^(tenant ?id|tenant|domain|directory ?id)$/i,
  tags: /^(tags?|groups?)$/i,
  contact: /^contacts?$/i,
}
const usualColumns: Columns = { name: 0, tenant: 1, tags: 2, contact: null }

/** Longest list that is read at once. */
export const mostLines = 5000

/**
 * Reads `name, tenant[, tags]` lines, parted by comma, semicolon or tab, with
 * or without a heading; a heading may name a column `contact`. Each line is parsed alone: an open quotation mark
 * spoils its own line and no other.
 */
export function readImportLines(text: string): ImportLine[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  let columns: Columns | null = null
  const result: ImportLine[] = []

  for (const [index, raw] of lines.entries()) {
    if (raw.trim() === '') continue
    const line = index + 1
    const cells = readCells(raw)
    if (columns === null) {
      const found: Columns | null = cells ? readHeading(cells) : null
      columns = found ?? usualColumns
      if (found) continue
    }
    result.push(
      cells ? readEntry(line, raw, cells, columns) : bad(line, raw, 'the quotation marks do not match'),
    )
  }
  return result
}

function readCells(raw: string): string[] | null {
  const delimiter = raw.includes('\t') ? '\t' : raw.includes(',') ? ',' : ';'
  try {
    const [cells] = parse(raw, { delimiter, trim: true, relax_column_count: true }) as string[][]
    return cells ?? null
  } catch {
    return null
  }
}

function readHeading(cells: string[]): Columns | null {
  const name = cells.findIndex(cell => headings.name.test(cell))
  const tenant = cells.findIndex(cell => headings.tenant.test(cell))
  if (name < 0 || tenant < 0) return null
  const columnOf = (heading: RegExp) => {
    const column = cells.findIndex(cell => heading.test(cell))
    return column < 0 ? null : column
  }
  return { name, tenant, tags: columnOf(headings.tags), contact: columnOf(headings.contact) }
}

function readEntry(line: number, raw: string, cells: string[], columns: Columns): ImportLine {
  const name = cells[columns.name] ?? ''
  const tenant = cells[columns.tenant] ?? ''
  if (name === '' || tenant === '') {
    return bad(line, raw, 'a line needs the customer’s name and its tenant (id or domain), parted by a comma')
  }
  // Without a heading every further column holds tags.
  const rest =
    columns === usualColumns ? cells.slice(2) : columns.tags === null ? [] : [cells[columns.tags] ?? '']
  const tags = rest.flatMap(cell => cell.split(/[;|,]/)).map(tag => tag.trim())
  const entry = { line, kind: 'entry', name, tenant, tags: tags.filter(tag => tag !== '') } as const
  try {
    const contact = columns.contact === null ? null : readContactText(cells[columns.contact] ?? '')
    return { ...entry, contact }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return bad(line, raw, `its contact cannot be read (${error.message})`)
  }
}

function bad(line: number, raw: string, problem: string): ImportLine {
  return { line, kind: 'bad', text: raw.length > 200 ? `${raw.slice(0, 199)}…` : raw, problem }
}
