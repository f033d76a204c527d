import { AppError } from '../../../errors.ts'
import { canonicalJson } from '../../../platform/storable.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { requireAct } from '../../../tenants/permissions.ts'
import type { LibraryDeps, SaveOptions } from '../library.ts'
import type { AnalyzedDraft } from '../model.ts'
import { readDraft } from '../read-draft.ts'
import { isSameDraft } from '../same-draft.ts'
import { changeQuery, createQuery, findQuery, isNameTaken, type QueryRecord } from '../store.ts'
import { type QueryFile, readQueryFile } from './query-file.ts'
import { readFileFields } from './read-file-fields.ts'

/** A file to import: YAML, one query to a document. */
export type ImportFile = {
  /** as it is told in the report; `/` separates folders */
  name: string
  text: string
}

/** What became of one document. */
export type ImportResult = {
  /** the file, with the number of the document where it has several */
  source: string
  outcome: 'created' | 'updated' | 'unchanged' | 'refused'
  id: string | null
  name: string | null
  /** why it was refused, and what to do about it */
  reason: string | null
  remedy: string | null
}

/**
 * Brings queries from files into the library. Each keeps the id of its file,
 * so a second import updates it. What is refused stops nothing else.
 *
 * @throws AppError `forbidden`; `gone` when the signal ends the import, after which what was done stays
 */
export async function importQueries(
  deps: LibraryDeps,
  actor: Actor,
  files: readonly ImportFile[],
  options: SaveOptions = {},
): Promise<ImportResult[]> {
  requireAct(actor, 'query.write')
  const results: ImportResult[] = []
  for (const file of files) results.push(...(await importFile(deps, actor, file, options)))
  return results
}

async function importFile(
  deps: LibraryDeps,
  actor: Actor,
  { name, text }: ImportFile,
  options: SaveOptions,
): Promise<ImportResult[]> {
  const documents = await refusal(name, null, () =>
    deps.analyzer.readYaml(text, { caller: actor.id, signal: options.signal }),
  )
  if ('outcome' in documents) return [documents]
  if (documents.length === 0) return [refused(name, null, 'the file is empty')]
  const folder = name.split('/').at(-2) ?? null
  const results: ImportResult[] = []
  for (const [index, document] of documents.entries()) {
    const source = documents.length > 1 ? `${name}, document ${index + 1}` : name
    const read = 'value' in document ? readQueryFile(document.value, folder) : document
    results.push(
      'problem' in read
        ? refused(source, null, read.problem)
        : await refusal(source, read, () => importQuery(deps, actor, source, read, options)),
    )
  }
  return results
}

async function importQuery(
  deps: LibraryDeps,
  actor: Actor,
  source: string,
  file: QueryFile,
  { allowUnknownNames = false, signal }: SaveOptions,
): Promise<ImportResult> {
  const draft = await readDraft(deps, file.draft, { caller: actor.id, signal, allowUnknownNames })
  return deps.db.$transaction(async tx => {
    const record = await findQuery(tx, file.id)
    if (record && isUnchanged(record, draft, file)) return told('unchanged', record)
    if (record?.builtIn) {
      throw new AppError('forbidden', 'a query with this id comes with Tenantry and stays as it is', {
        remedy: 'Give the file an id of its own.',
      })
    }
    if (await isNameTaken(tx, draft.name, file.id)) {
      throw new AppError('conflict', 'another query of the library has this name', {
        remedy: 'Rename one of the two.',
      })
    }
    const origin = { fileFields: JSON.stringify(file.fields) }
    const saved = record
      ? await changeQuery(tx, record.id, draft, actor, record.version, origin)
      : await createQuery(tx, draft, actor, { ...origin, id: file.id })
    if (!saved) throw new AppError('conflict', 'somebody else changed this query meanwhile')
    const action = record ? 'query.changed' : 'query.created'
    const detail = { name: saved.name, version: saved.version, importedFrom: source }
    await deps.audit.record({ actor, action, target: saved.id, detail }, tx)
    return told(record ? 'updated' : 'created', saved)
  })

  function told(outcome: ImportResult['outcome'], { id, name }: QueryRecord): ImportResult {
    return { source, outcome, id, name, reason: null, remedy: null }
  }
}

function isUnchanged(record: QueryRecord, draft: AnalyzedDraft, { fields }: QueryFile): boolean {
  const isSameFile = canonicalJson(readFileFields(record.fileFields)) === canonicalJson(fields)
  return isSameDraft(record, draft) && isSameFile
}

/** What the work gives, or that it was refused and why. */
async function refusal<T>(
  source: string,
  file: QueryFile | null,
  work: () => Promise<T>,
): Promise<T | ImportResult> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'gone' || error.code === 'not_ready') throw error
    return refused(source, file, error.message, error.remedy)
  }
}

function refused(
  source: string,
  file: QueryFile | null,
  reason: string,
  remedy: string | null = null,
): ImportResult {
  return { source, outcome: 'refused', id: file?.id ?? null, name: file?.draft.name ?? null, reason, remedy }
}
