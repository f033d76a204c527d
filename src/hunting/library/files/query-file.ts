import { z } from 'zod'
import { issueText, wordIssue } from '../../../platform/issue-words.ts'
import type { Storable } from '../../../platform/storable.ts'
import type { QueryDraft } from '../model.ts'
import { readTacticName, type Tactic } from '../tactics.ts'

/** A list as hunting repositories write it: of texts, one text alone, or nothing. */
const texts = z
  .union([z.array(z.string()), z.string().transform(text => [text])])
  .nullish()
  .transform(list => list ?? [])

/**
 * A query as a file of Microsoft's public hunting repositories has it.
 *
 * @see github.com/Azure/Azure-Sentinel, "Hunting Queries", and its wiki page
 * "Query Style Guide"
 */
const schema = z.looseObject({
  id: z.guid('Write a GUID that stays with the query'),
  name: z.string('Give the query a name'),
  description: z.string('Write the description as text').nullish(),
  tactics: texts,
  relevantTechniques: texts,
  tags: z.unknown().optional(),
  query: z.string('Write the query as text'),
})

/** What a file says, taken apart into a draft and the fields that no draft has. */
export type QueryFile = {
  /** lower-case GUID */
  id: string
  draft: QueryDraft
  /** as the file has them, to be written again */
  fields: FileFields
}

/** `tactics` and `relevantTechniques` in full, and every field that is not known here. */
export type FileFields = { [field: string]: Storable }

/** What a file's other fields may hold together, as JSON. */
const maxFieldsLength = 20_000

/**
 * Reads one document of a file.
 *
 * @param folder of the file: a tactic, for queries that belong to none of ATT&CK's
 * @returns what is wrong, to be shown, when it is no such query
 */
export function readQueryFile(value: unknown, folder: string | null): QueryFile | { problem: string } {
  const read = schema.safeParse(value, { error: wordIssue })
  if (!read.success) return { problem: problemOf(read.error, value) }
  const { id, name, description, tactics, relevantTechniques, tags, query, ...others } = read.data
  const plainTags = z.array(z.string()).safeParse(tags)
  const kept = { ...others, tactics, relevantTechniques, ...(!plainTags.success && { tags }) }
  const fields = storable(kept)
  if (!fields) {
    return { problem: `the fields that are not known here hold more than ${maxFieldsLength} characters` }
  }
  return {
    id: id.toLowerCase(),
    fields,
    draft: {
      name: name.trim(),
      description: withoutQuotes((description ?? '').trim()),
      tactic: firstTactic(tactics) ?? readTacticName(folder ?? ''),
      techniques: relevantTechniques.filter(isTechnique),
      tags: plainTags.success ? plainTags.data : [],
      query: query.replaceAll('\r\n', '\n').trimEnd(),
    },
  }
}

/** Fields as a JSON column takes them; null when they are too much. */
function storable(fields: object): FileFields | null {
  const json = JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\u0000', '').toWellFormed() : value,
  )
  return json.length > maxFieldsLength || json.includes('\\u0000') ? null : JSON.parse(json)
}

function firstTactic(names: string[]): Tactic | null {
  return names.map(readTacticName).find(tactic => tactic !== null) ?? null
}

function isTechnique(text: string): boolean {
  return /^T\d{4}(\.\d{3})?$/.test(text)
}

/** Many published descriptions stand in quotation marks within their block. */
function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1).trim() : text
}

function problemOf({ issues }: z.ZodError, value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'it is no query: it has no fields such as id, name and query'
  }
  return issueText(issues.map(({ path, message }) => ({ field: path.join('.'), message })))
}
