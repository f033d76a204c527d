import type { Transaction } from '../../audit/store.ts'
import { systemActor } from '../../tenants/actor.ts'
import { type BuiltInFile, readBuiltInFiles } from './files/built-in-files.ts'
import { type FileFields, readQueryFile } from './files/query-file.ts'
import type { LibraryDeps } from './library.ts'
import type { AnalyzedDraft } from './model.ts'
import { readDraft } from './read-draft.ts'
import { isSameDraft } from './same-draft.ts'
import {
  changeQuery,
  createQuery,
  findBuiltIn,
  findQuery,
  findUnanalyzed,
  isNameTaken,
  keepAnalysis,
  keepOrigin,
  lockLibrary,
  type QueryRecord,
  releaseBuiltIn,
  renumberQuery,
} from './store.ts'

const author = { id: systemActor.id, label: systemActor.label }

/** A query that comes with Tenantry, read and analysed. */
type BuiltIn = { file: BuiltInFile; id: string; draft: AnalyzedDraft; fields: FileFields }

/**
 * Brings the queries that come with Tenantry into the library: new ones are
 * added, changed ones get a new version, those that are gone stay as ordinary
 * queries. Files that are in the library as they are, are not even parsed.
 */
export async function seedLibrary(deps: LibraryDeps): Promise<void> {
  const { db } = deps
  const files = await readBuiltInFiles()
  const known = new Map((await findBuiltIn(db)).map(record => [record.builtIn, record.fileHash]))
  const outdated = files.filter(({ slug, hash }) => known.get(slug) !== hash)
  const slugs = new Set(files.map(({ slug }) => slug))
  if (outdated.length === 0 && [...known.keys()].every(slug => slugs.has(slug ?? ''))) return
  const queries: BuiltIn[] = []
  for (const file of outdated) queries.push(await readBuiltIn(deps, file))

  await db.$transaction(
    async tx => {
      await lockLibrary(tx)
      const present = await findBuiltIn(tx)
      for (const query of queries) {
        const record = present.find(({ builtIn }) => builtIn === query.file.slug)
        if (record?.fileHash !== query.file.hash) await bringIn(tx, query, record)
      }
      const gone = present.filter(({ builtIn }) => !slugs.has(builtIn ?? ''))
      await releaseBuiltIn(
        tx,
        gone.map(({ id }) => id),
      )
    },
    { timeout: 60_000 },
  )
}

async function readBuiltIn(deps: LibraryDeps, file: BuiltInFile): Promise<BuiltIn> {
  const [document] = await deps.analyzer.readYaml(file.text, { caller: author.id })
  const read = document && 'value' in document ? readQueryFile(document.value, file.folder) : document
  if (!read || 'problem' in read)
    throw new Error(`queries/${file.folder}/${file.slug}.yaml: ${read?.problem}`)
  const draft = await readDraft(deps, read.draft, { caller: author.id, allowUnknownNames: true })
  return { file, id: read.id, draft, fields: read.fields }
}

async function bringIn(
  tx: Transaction,
  { file, id, draft, fields }: BuiltIn,
  bySlug: QueryRecord | undefined,
): Promise<void> {
  const origin = { builtIn: file.slug, fileHash: file.hash, fileFields: JSON.stringify(fields) }
  // Staff may have imported the file of a later release.
  const byId = await findQuery(tx, id)
  // Earlier releases gave the queries ids of their own.
  const isRenumbered = bySlug !== undefined && !byId && (await renumberQuery(tx, bySlug.id, id))
  const record = isRenumbered ? { ...bySlug, id } : (bySlug ?? byId)
  if (record && isSameDraft({ ...record, name: record.name.replace(/ \(built in\)$/, '') }, draft)) {
    await keepOrigin(tx, record.id, origin)
    return
  }
  // Staff may have taken the name for a query of theirs.
  const isTaken = await isNameTaken(tx, draft.name, record?.id ?? null)
  const named = isTaken ? { ...draft, name: `${draft.name} (built in)` } : draft
  if (record) await changeQuery(tx, record.id, named, author, record.version, origin)
  else await createQuery(tx, named, author, { ...origin, id })
}

/** Queries that were saved before their analysis was kept get it now. */
export async function analyzeOlder({ db, analyzer }: LibraryDeps): Promise<void> {
  for (const query of await findUnanalyzed(db)) {
    const { declarations, columns, ok } = await analyzer.analyze(query.text, { caller: author.id })
    const names = columns.map(({ name }) => name)
    await keepAnalysis(db, query, { declarations, columns: names, allowUnknownNames: !ok })
  }
}
