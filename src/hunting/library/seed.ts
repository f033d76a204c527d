import type { Database } from '../../database/index.ts'
import { systemActor } from '../../tenants/actor.ts'
import { builtInQueries } from './built-in.ts'
import type { QueryDraft } from './model.ts'
import {
  changeQuery,
  createQuery,
  findBuiltIn,
  isNameTaken,
  lockLibrary,
  type QueryRecord,
  releaseBuiltIn,
} from './store.ts'

const author = { id: systemActor.id, label: systemActor.label }

/**
 * Brings the queries that come with Tenantry into the library: new ones are
 * added, changed ones get a new version, those that are gone stay as ordinary
 * queries. Does nothing when all is as it should be.
 */
export async function seedLibrary(db: Database): Promise<void> {
  const known = new Map((await findBuiltIn(db)).map(record => [record.builtIn, record]))
  const slugs = new Set(builtInQueries.map(({ slug }) => slug))
  const isCurrent = builtInQueries.every(query => isSame(known.get(query.slug), draftOf(query)))
  if (isCurrent && [...known.keys()].every(slug => slugs.has(slug ?? ''))) return

  await db.$transaction(
    async tx => {
      await lockLibrary(tx)
      const present = new Map((await findBuiltIn(tx)).map(record => [record.builtIn ?? '', record]))
      for (const query of builtInQueries) {
        const record = present.get(query.slug)
        const draft = draftOf(query)
        if (isSame(record, draft)) continue
        // Staff may have taken the name for a query of theirs.
        if (await isNameTaken(tx, draft.name, record?.id ?? null)) draft.name = `${draft.name} (built in)`
        if (record) await changeQuery(tx, record.id, draft, author, record.version)
        else await createQuery(tx, draft, author, query.slug)
      }
      const gone = [...present.values()].filter(({ builtIn }) => !slugs.has(builtIn ?? ''))
      await releaseBuiltIn(
        tx,
        gone.map(({ id }) => id),
      )
    },
    { timeout: 60_000 },
  )
}

function draftOf(query: (typeof builtInQueries)[number]): QueryDraft {
  const { name, description, tactic, techniques, query: text } = query
  return { name, description, tactic, techniques, tags: [], query: text }
}

function isSame(record: QueryRecord | undefined, draft: QueryDraft): boolean {
  return (
    record !== undefined &&
    record.query === draft.query &&
    record.name.replace(/ \(built in\)$/, '') === draft.name &&
    record.description === draft.description &&
    record.tactic === draft.tactic &&
    record.techniques.join() === draft.techniques.join()
  )
}
