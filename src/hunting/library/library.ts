import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import type { Transaction } from '../../audit/store.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { type PageRequest, pageLimit, readCursor, writeCursor } from '../../platform/paging.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import { type ImportFile, type ImportResult, importQueries } from './files/import-queries.ts'
import { readFileFields } from './files/read-file-fields.ts'
import { fileNameOf, writeQueryFile } from './files/write-query-file.ts'
import { fillIn } from './fill-in.ts'
import type { QueryDraft, QueryFilters, QueryVersionView, SavedQueryView } from './model.ts'
import { readDraft } from './read-draft.ts'
import { analyzeOlder, seedLibrary } from './seed.ts'
import {
  changeQuery,
  countByTactic,
  countQueries,
  createQuery,
  deleteQuery,
  findNamed,
  findQueries,
  findQuery,
  findVersion,
  findVersions,
  isNameTaken,
  type QueryRecord,
  schedulesOf,
} from './store.ts'
import { readDeclarations, toSavedQuery, toVersion } from './view.ts'

export type Library = {
  /** By name; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: QueryFilters,
    page?: PageRequest,
  ): Promise<{ items: SavedQueryView[]; nextCursor: string | null }>
  count(actor: Actor, filters?: QueryFilters): Promise<number>
  /** How many queries there are of each tactic; of none under the empty text. */
  countByTactic(actor: Actor): Promise<Map<string, number>>
  /** @throws AppError `not_found` */
  get(actor: Actor, id: string): Promise<SavedQueryView>
  /**
   * By id, by its whole name in any case, or by the slug of one that came with
   * Tenantry.
   *
   * @throws AppError `not_found`, naming queries that are near
   */
  lookUp(actor: Actor, nameOrId: string): Promise<SavedQueryView>
  /** Newest first. @throws AppError `not_found` */
  versions(actor: Actor, id: string): Promise<QueryVersionView[]>
  /** @throws AppError `forbidden`, `invalid` with `fields`, `invalid_query` with `problems`, `conflict` */
  create(actor: Actor, draft: QueryDraft, options?: SaveOptions): Promise<SavedQueryView>
  /**
   * @param expectedVersion the version that the change was made from
   * @throws AppError as `create`; `conflict` also when somebody else changed it meanwhile
   */
  change(
    actor: Actor,
    id: string,
    draft: QueryDraft,
    options: SaveOptions & { expectedVersion: number },
  ): Promise<SavedQueryView>
  /** The owner's or an administrator's to do. @throws AppError `forbidden`, `not_found`, `conflict` when scheduled */
  remove(actor: Actor, id: string): Promise<void>
  /**
   * The text that runs, with the parameters filled in.
   *
   * @param version the newest unless told
   * @throws AppError `not_found`, `invalid` with `parameters`
   */
  render(
    actor: Actor,
    id: string,
    values: Readonly<Record<string, string>>,
    version?: number,
  ): Promise<{ query: string; name: string; version: number; allowUnknownNames: boolean }>
  /** Brings in queries from files; see `importQueries`. @throws AppError `forbidden` */
  importFiles(actor: Actor, files: readonly ImportFile[], options?: SaveOptions): Promise<ImportResult[]>
  /** The query as a file of Microsoft's hunting repositories, with a name for it. @throws AppError `not_found` */
  exportFile(actor: Actor, id: string): Promise<{ fileName: string; text: string }>
  /** Schedules that run it. */
  schedulesOf(actor: Actor, id: string): Promise<{ id: string; name: string }[]>
  /** Brings in the queries that come with Tenantry, and analyses those that never were. */
  seed(): Promise<void>
}

export type SaveOptions = {
  /** Save it in spite of every objection but that it does not parse. */
  allowUnknownNames?: boolean
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal
}

export type LibraryDeps = {
  db: Database
  audit: Audit
  analyzer: Pick<QueryAnalyzer, 'analyze' | 'readYaml'>
}

/** Of any version: files of others bring their own. */
/** What the list is sorted by. */
const nameKeyCursor = z.string().refine(text => !text.includes('\u0000'))

/** Queries that are proposed for a name that there is not. */
const mostNear = 5

/** Queries that are kept: shared by all staff, with every change. */
export function createLibrary(deps: LibraryDeps): Library {
  const { db, audit } = deps
  async function find(actor: Actor, id: string): Promise<QueryRecord> {
    requireAct(actor, 'query.read')
    const query = isGuid(id) ? await findQuery(db, id) : null
    if (query) return query
    throw new AppError('not_found', 'there is no such query in the library', {
      remedy: 'Look it up in the library; somebody may have removed it.',
    })
  }

  async function requireFreeName(tx: Transaction, name: string, exceptId: string | null): Promise<void> {
    if (!(await isNameTaken(tx, name, exceptId))) return
    const fields = { name: 'Another query has this name' }
    throw new AppError('conflict', 'another query of the library has this name', {
      remedy: 'Choose another name.',
      details: { fields },
    })
  }

  return {
    async list(actor, filters = {}, page = {}) {
      requireAct(actor, 'query.read')
      const limit = pageLimit(page.limit)
      const after = readCursor(page.cursor, nameKeyCursor)
      const records = await findQueries(db, filters, after, limit + 1)
      const last = records.length > limit ? records[limit - 1] : undefined
      return {
        items: records.slice(0, limit).map(toSavedQuery),
        nextCursor: last ? writeCursor(last.nameKey) : null,
      }
    },

    async count(actor, filters = {}) {
      requireAct(actor, 'query.read')
      return countQueries(db, filters)
    },

    async countByTactic(actor) {
      requireAct(actor, 'query.read')
      return countByTactic(db)
    },

    async get(actor, id) {
      return toSavedQuery(await find(actor, id))
    },

    async lookUp(actor, nameOrId) {
      const wanted = nameOrId.trim()
      if (isGuid(wanted)) return toSavedQuery(await find(actor, wanted))
      requireAct(actor, 'query.read')
      const found = await findNamed(db, wanted)
      if (found) return toSavedQuery(found)
      const near = await findQueries(db, { search: wanted }, null, mostNear)
      const names = near.map(({ builtIn, name }) => builtIn ?? `"${name}"`)
      throw new AppError('not_found', `the library has no query "${wanted.slice(0, 120)}"`, {
        remedy: names.length > 0 ? `Is it one of these? ${names.join(', ')}` : 'Look it up in the library.',
      })
    },

    async versions(actor, id) {
      const query = await find(actor, id)
      return (await findVersions(db, query.id)).map(toVersion)
    },

    async create(actor, draft, { allowUnknownNames = false, signal } = {}) {
      requireAct(actor, 'query.write')
      const read = await readDraft(deps, draft, { caller: actor.id, signal, allowUnknownNames })
      return db.$transaction(async tx => {
        await requireFreeName(tx, read.name, null)
        const made = await createQuery(tx, read, actor)
        await audit.record(
          { actor, action: 'query.created', target: made.id, detail: { name: made.name } },
          tx,
        )
        return toSavedQuery(made)
      })
    },

    async change(actor, id, draft, { expectedVersion, allowUnknownNames = false, signal }) {
      requireAct(actor, 'query.write')
      const query = await find(actor, id)
      refuseBuiltIn(query)
      const read = await readDraft(deps, draft, { caller: actor.id, signal, allowUnknownNames })
      return db.$transaction(async tx => {
        await requireFreeName(tx, read.name, query.id)
        const changed = await changeQuery(tx, query.id, read, actor, expectedVersion)
        if (!changed) {
          throw new AppError('conflict', 'somebody else changed this query meanwhile', {
            remedy: 'Look at the newest version, then make your change again.',
          })
        }
        const detail = { name: changed.name, version: changed.version }
        await audit.record({ actor, action: 'query.changed', target: query.id, detail }, tx)
        return toSavedQuery(changed)
      })
    },

    async remove(actor, id) {
      requireAct(actor, 'query.write')
      const query = await find(actor, id)
      refuseBuiltIn(query)
      if (query.ownerId !== actor.id) requireAct(actor, 'query.manage')
      const schedules = await schedulesOf(db, query.id)
      if (schedules.length > 0) {
        throw new AppError('conflict', `the query is run by ${schedules.length} schedules`, {
          remedy: `Remove these schedules first: ${schedules.map(({ name }) => name).join(', ')}.`,
        })
      }
      await db.$transaction(async tx => {
        await deleteQuery(tx, query.id)
        const detail = { name: query.name }
        await audit.record({ actor, action: 'query.removed', target: query.id, detail }, tx)
      })
    },

    async render(actor, id, values, version) {
      const query = await find(actor, id)
      const wanted =
        version === undefined || version === query.version ? query : await findVersion(db, query.id, version)
      if (!wanted) throw new AppError('not_found', 'the query has no such version')
      const { name, version: rendered, allowUnknownNames } = wanted
      const text = fillIn(wanted.query, readDeclarations(wanted.declarations), values)
      return { query: text, name, version: rendered, allowUnknownNames }
    },

    importFiles: (actor, files, options) => importQueries(deps, actor, files, options),

    async exportFile(actor, id) {
      const record = await find(actor, id)
      const query = toSavedQuery(record)
      return { fileName: fileNameOf(query), text: writeQueryFile(query, readFileFields(record.fileFields)) }
    },

    async schedulesOf(actor, id) {
      const query = await find(actor, id)
      return schedulesOf(db, query.id)
    },

    async seed() {
      await seedLibrary(deps)
      await analyzeOlder(deps)
    },
  }
}

function refuseBuiltIn(query: QueryRecord): void {
  if (query.builtIn === null) return
  throw new AppError('forbidden', 'queries that come with Tenantry stay as they are', {
    remedy: 'Save a copy and change that.',
  })
}
