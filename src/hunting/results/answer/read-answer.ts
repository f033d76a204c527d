import { z } from 'zod'
import { type Column, isRecord, type Row } from '../model.ts'
import { BadAnswer } from './bad-answer.ts'
import { columnTypeOf } from './column-type.ts'
import { type ExactJson, parseExactJson } from './exact-json.ts'
import { widenOddColumn } from './odd-columns.ts'
import { cellReaders } from './read-cell.ts'

export type HuntingAnswer = { columns: Column[]; rows: Row[] }

const Entry = z
  .object({
    name: z.string().optional(),
    Name: z.string().optional(),
    type: z.string().optional(),
    Type: z.string().optional(),
  })
  .transform((entry, context) => {
    const name = entry.name ?? entry.Name
    const type = entry.type ?? entry.Type
    if (name && type) return { name, type }
    context.addIssue({ code: 'custom', message: 'a column without a name or a type' })
    return z.NEVER
  })

/**
 * Reads the answer of advanced hunting, of whichever surface: Graph writes
 * `schema` and `results`, Defender XDR and Defender for Endpoint write
 * `Schema` and `Results`; columns are `name`/`type` or `Name`/`Type`.
 *
 * Columns and their order come from the schema alone. Keys of a row that are
 * not in it (annotations such as `ReportId@odata.type`) are left out, a key
 * that is missing is null. 50 MB take about a second.
 *
 * @param text the body as received
 * @param wire whose names to use in errors
 * A value that does not fit its column is kept as it came, and the column gets
 * a type that holds it: one odd cell must not lose a tenant's answer.
 *
 * @throws BadAnswer when the body is no such answer
 * @see Microsoft Graph, "security: runHuntingQuery"; Defender XDR, "Advanced
 * hunting API"
 */
export function readHuntingAnswer(text: string, wire: 'graph' | 'defender'): HuntingAnswer {
  const answer = parse(text, wire)
  const { schema, results } = envelopeOf(answer.value, wire)
  const columns = readColumns(schema)
  const rows = readRows(results, columns, answer.marker)
  return { columns, rows }
}

function parse(text: string, wire: string): ExactJson {
  try {
    return parseExactJson(text, namesDecimals(text))
  } catch (cause) {
    const found = text.trim() === '' ? 'nothing' : `${text.length} characters that are not JSON`
    throw new BadAnswer(`the ${wire} hunting answer is ${found}`, { cause })
  }
}

/** Whether a column may be a decimal. Plain searches: a pattern over megabytes takes longer than parsing them. */
function namesDecimals(text: string): boolean {
  return text.includes('ecimal"') || text.includes('UInt64"')
}

function envelopeOf(value: unknown, wire: string): { schema: unknown; results: unknown[] } {
  if (!isRecord(value)) throw new BadAnswer(`the ${wire} hunting answer is ${nameOf(value)}, not an object`)
  const schema = ownMember(value, 'schema') ?? ownMember(value, 'Schema')
  const results = ownMember(value, 'results') ?? ownMember(value, 'Results')
  if (Array.isArray(schema) && Array.isArray(results)) return { schema, results }

  const missing = Array.isArray(schema) ? 'results' : 'schema'
  const found = Object.keys(value).slice(0, 5).join(', ') || 'nothing'
  throw new BadAnswer(`the ${wire} hunting answer has no list "${missing}"; it has ${found}`)
}

function readColumns(schema: unknown): Column[] {
  const read = z.array(Entry).safeParse(schema)
  if (!read.success) {
    const at = read.error.issues[0]?.path.join('.') ?? ''
    throw new BadAnswer(`the schema of the hunting answer has an entry without a name and a type (at ${at})`)
  }
  const columns = read.data.map(({ name, type }) => ({ name, type: columnTypeOf(type) }))
  if (new Set(columns.map(({ name }) => name)).size !== columns.length) {
    throw new BadAnswer('the schema of the hunting answer names a column twice')
  }
  return columns
}

/** Reads the rows; columns with values that do not fit them are given another type. */
function readRows(results: unknown[], columns: Column[], marker: string | undefined): Row[] {
  const odd = new Set<number>()
  const names = new Set(columns.map(({ name }) => name))
  const readers = columns.map(({ name, type }) => {
    const lowerCased = name.charAt(0).toLowerCase() + name.slice(1)
    return { name, type, read: cellReaders[type], otherName: names.has(lowerCased) ? undefined : lowerCased }
  })
  const rows = results.map((result, index) => {
    if (!isRecord(result)) throw new BadAnswer(`row ${index + 1} of the hunting answer is ${nameOf(result)}`)
    return readers.map(({ name, type, read, otherName }, column) => {
      // One documented example has its keys in camel case though its schema has not.
      const value = ownMember(result, name) ?? (otherName ? ownMember(result, otherName) : undefined)
      if (value === null || value === undefined) return null
      const cell = read(value, marker)
      if (cell !== undefined) return cell
      const kept = cellReaders.dynamic(value, marker)
      if (kept === undefined) {
        throw new BadAnswer(
          `row ${index + 1} of the hunting answer is nested too deeply in "${name}" (${type})`,
        )
      }
      odd.add(column)
      return kept
    })
  })
  for (const index of odd) widenOddColumn(columns, rows, index)
  return rows
}

/** Own members only: a column may be called `constructor`. */
function ownMember(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}
