import { stringify } from 'yaml'
import { z } from 'zod'
import type { SavedQueryView } from '../model.ts'
import { readTacticName, tacticWireName } from '../tactics.ts'
import type { FileFields } from './query-file.ts'

const list = z.array(z.string()).catch([])

/**
 * Writes a query as a file of Microsoft's hunting repositories: the fields in
 * their usual order, then what else the file had that it was imported from.
 */
export function writeQueryFile(query: SavedQueryView, fields: FileFields): string {
  const { tactics, relevantTechniques, requiredDataConnectors, tags, ...others } = fields
  return stringify(
    {
      id: query.id,
      name: query.name,
      description: query.description && `${query.description}\n`,
      ...(requiredDataConnectors !== undefined && { requiredDataConnectors }),
      tactics: tacticsOf(query, list.parse(tactics)),
      relevantTechniques: techniquesOf(query, list.parse(relevantTechniques)),
      ...(query.tags.length > 0 ? { tags: query.tags } : tags !== undefined && { tags }),
      query: `${query.query.trimEnd()}\n`,
      ...others,
    },
    { lineWidth: 0, blockQuote: 'literal', indentSeq: false },
  )
}

/** As the file had them, unless the query has another tactic by now. */
function tacticsOf({ tactic }: SavedQueryView, inFile: string[]): string[] {
  const first = inFile.map(readTacticName).find(known => known !== null) ?? null
  if (first === tactic || (first === null && tactic === 'posture')) return inFile
  return tactic === null || tactic === 'posture' ? [] : [tacticWireName(tactic)]
}

/** The query's own, and those of the file that are none of ATT&CK's form. */
function techniquesOf({ techniques }: SavedQueryView, inFile: string[]): string[] {
  return [...techniques, ...inFile.filter(name => !/^T\d{4}(\.\d{3})?$/.test(name))]
}

/** A file's name: the query's, in letters that every file system takes. */
export function fileNameOf({ slug, name }: Pick<SavedQueryView, 'slug' | 'name'>): string {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return `${slug ?? (words.slice(0, 80) || 'query')}.yaml`
}
