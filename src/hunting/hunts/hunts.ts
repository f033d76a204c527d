import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import { namedFailure } from '../../remote/index.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import type { Ledger } from '../export/ledger.ts'
import type { ExportChunk } from '../export/source.ts'
import type { RowSelection } from '../results/row-selection.ts'
import type { ColumnUnion } from '../results/union-columns.ts'
import { createChannel } from './channel.ts'
import { createHuntRows } from './create.ts'
import type { RunHunt } from './engine/ask-tenant.ts'
import { createEngine, type EngineOptions, type EngineParts, engineDefaults } from './engine/engine.ts'
import { createPacker } from './engine/packer.ts'
import { serviceRowCap } from './engine/run-task.ts'
import { whyNotSliced } from './engine/slice-safety.ts'
import { createEngineStore } from './engine/store.ts'
import { toLedger } from './ledger.ts'
import type { HuntRequest, HuntSummary, HuntView } from './model.ts'
import { type HuntPlan, planHunt } from './plan.ts'
import { exportSourceOf, type HuntExport } from './reading/export-source.ts'
import { createResultCache } from './reading/result-cache.ts'
import type { Timeline } from './reading/result-queries.ts'
import {
  createResults,
  type GroupOptions,
  type HuntGroups,
  type HuntPage,
  type PageOptions,
  type TimelineOptions,
} from './reading/results.ts'
import { readChunks, readColumns } from './reading/rows.ts'
import { createReadingStore } from './reading/store.ts'
import {
  cancelHunt,
  countOutcomes,
  countTasks,
  databaseTime,
  findExisting,
  findHunt,
  findHunts,
  findTasks,
  type HuntRecord,
  hasHiddenTenants,
  notify,
  removeExpiredHunts,
} from './store.ts'
import { toHuntSummary, toHuntTenant } from './view.ts'
import { type HuntProgress, watchHunt } from './watch.ts'

export type Hunts = {
  /** What a hunt would do, and what stands against it. @throws AppError `forbidden`, `invalid`, `not_found` */
  plan(actor: Actor, request: HuntRequest): Promise<HuntPlan>
  /**
   * Writes the hunt and a task per tenant; the workers begin at once.
   *
   * @throws AppError `forbidden`, `invalid_query` with `problems`, `invalid`, `not_found`
   */
  create(actor: Actor, request: HuntRequest): Promise<HuntView>
  /** @throws AppError `not_found`, also for a hunt that asked no tenant the actor may see */
  get(actor: Actor, id: string): Promise<HuntView>
  /** Without its tenants; for progress. @throws AppError `not_found` */
  summary(actor: Actor, id: string): Promise<HuntSummary>
  /** Newest first; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: { search?: string; createdById?: string },
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: HuntSummary[]; nextCursor: string | null }>
  /**
   * Ends it at once and keeps what came; a hunt that is over stays as it is.
   *
   * @throws AppError `forbidden`, `not_found`
   */
  cancel(actor: Actor, id: string): Promise<HuntView>
  /** Columns over all tenants that answered so far. @throws AppError `not_found` */
  columns(actor: Actor, id: string): Promise<ColumnUnion>
  /**
   * Some rows: by tenant's name and as they came, or sorted and filtered;
   * `limit` 1–1,000, default 100. The first sorted look at a large result takes
   * a while, as its table is made.
   *
   * @throws AppError `not_found`, `invalid` for a column that is not there or a value that does not fit it
   */
  page(actor: Actor, id: string, options?: PageOptions): Promise<HuntPage>
  /** Rows grouped by columns, rarest first; `limit` 1–1,000, default 100. @throws AppError `not_found`, `invalid` */
  groups(actor: Actor, id: string, options: GroupOptions): Promise<HuntGroups>
  /** Rows over time; null when there are no times. @throws AppError `not_found`, `invalid` */
  timeline(actor: Actor, id: string, options?: TimelineOptions): Promise<Timeline | null>
  /** All rows in the same order, in bounded memory. @throws AppError `not_found` at the first step */
  rowChunks(actor: Actor, id: string): AsyncGenerator<ExportChunk>
  /** Who was asked and who answered, over the tenants that the actor may see. @throws AppError `not_found` */
  ledger(actor: Actor, id: string): Promise<Ledger>
  /**
   * Everything that an export of the result, or of a selection of its rows, needs; rows are read as they
   * are written.
   *
   * @throws AppError `not_found`, `invalid` for a selection that cannot be
   */
  exportSource(actor: Actor, id: string, selection?: Partial<RowSelection>): Promise<HuntExport>
  /**
   * Follows a hunt to its end, at most four events a second. The first event
   * has all tenants, later ones those that changed.
   *
   * @throws AppError `not_found` at the first step
   */
  watch(actor: Actor, id: string, signal: AbortSignal): AsyncGenerator<HuntProgress>
  /** Removes results whose time is over, and tables of hunts that are gone. */
  removeExpired(): Promise<void>
  /** Removes what is kept beside the database, in every process: a tenant's data is gone with it. */
  dropTables(): Promise<void>
  /** Listens; with `work` also does the work of hunts in this process. */
  start(options: { work: boolean }): Promise<void>
  /** Calls under way may end within `graceMs`; others are given back. */
  stop(graceMs: number): Promise<void>
}

export type HuntsOptions = {
  db: Database
  connectionString: string
  audit: Audit
  hunt: RunHunt
  /** Gets what a call needs beforehand: `Defender.prepareHunt`. */
  prepare?: (tenantId: string, roles: readonly string[], signal: AbortSignal) => Promise<void>
  log: EngineParts['log']
  /** Days that results are kept. */
  keepDays: number
  /** Where tables for sorting and grouping are kept. */
  dataDir: string
  /** Of these tables in all; 2 GB unless told. */
  cacheBytes?: number
  /** How long tenants that cannot answer yet are tried again; 30 minutes unless told. */
  deadlineMs?: number
  /** Part of the published hunting rate that is used here; 0.6 unless told. */
  huntingShare?: number
  engine?: Partial<EngineOptions>
  /** Rows after which the service cuts an answer. */
  rowCap?: number
  now?: () => Date
  random?: () => number
}

const uuid = z.uuid()
const defaultCacheBytes = 2 * 1024 ** 3

/** Hunts: one query, many tenants. */
export function createHunts(options: HuntsOptions): Hunts {
  const { db, audit, connectionString, prepare, now = () => new Date() } = options
  const pool = new pg.Pool({ connectionString, max: 6, application_name: 'tenantry hunts' })
  let isStopping = false
  pool.on('error', error => {
    if (!isStopping) options.log.warn({ err: error }, 'an idle database connection broke')
  })
  const channel = createChannel(connectionString)
  const reading = createReadingStore(pool)
  const cache = createResultCache(
    join(options.dataDir, 'hunt-cache'),
    options.cacheBytes ?? defaultCacheBytes,
  )
  const results = createResults({ db, reading, cache })
  const packer = createPacker()
  const engine = createEngine({
    store: createEngineStore(pool),
    channel,
    log: options.log,
    options: { ...engineDefaults, ...options.engine },
    hunt: options.hunt,
    pack: packer.pack,
    ...(prepare ? { prepare: ({ tenantId, roles }, signal) => prepare(tenantId, roles, signal) } : {}),
    whyNotSliced,
    rowCap: options.rowCap ?? serviceRowCap,
    callBudget: 64,
    now,
    random: options.random ?? Math.random,
  })

  async function find(actor: Actor, id: string): Promise<HuntRecord> {
    const hunt = uuid.safeParse(id).success ? await findHunt(db, actor, id) : null
    if (hunt) return hunt
    throw new AppError('not_found', 'there is no such hunt', {
      remedy: 'Look it up in the list of hunts; results are removed after the time that is set.',
    })
  }

  async function summarize(actor: Actor, hunts: HuntRecord[]): Promise<HuntSummary[]> {
    const ids = hunts.map(({ id }) => id)
    const counted = ids.length > 0 ? await countTasks(db, actor, ids) : []
    return hunts.map(hunt => toHuntSummary(hunt, counted))
  }

  async function get(actor: Actor, id: string): Promise<HuntView> {
    const hunt = await find(actor, id)
    const [counted, tasks] = await Promise.all([
      countTasks(db, actor, [hunt.id]),
      findTasks(db, actor, hunt.id),
    ])
    return { ...toHuntSummary(hunt, counted), tenants: tasks.map(toHuntTenant) }
  }

  async function summary(actor: Actor, id: string): Promise<HuntSummary> {
    const hunt = await find(actor, id)
    return toHuntSummary(hunt, await countTasks(db, actor, [hunt.id]))
  }

  async function ledger(actor: Actor, id: string): Promise<Ledger> {
    const hunt = await find(actor, id)
    return toLedger(await countOutcomes(db, actor, hunt.id))
  }

  return {
    get,
    summary,
    ledger,

    async plan(actor, request) {
      requireAct(actor, 'hunt')
      return planHunt({ db, huntingShare: options.huntingShare ?? 0.6, now }, actor, request)
    },

    async create(actor, request) {
      const { keepDays, deadlineMs = 30 * 60_000 } = options
      return get(actor, await createHuntRows({ db, audit, keepDays, deadlineMs, now }, actor, request))
    },

    async list(actor, filters = {}, page = {}) {
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      const cursor = page.cursor ?? null
      if (cursor !== null && !uuid.safeParse(cursor).success) {
        throw new AppError('invalid', '"cursor" is not one that this list gave')
      }
      const hunts = await findHunts(db, actor, filters, cursor, limit + 1)
      const items = await summarize(actor, hunts.slice(0, limit))
      return { items, nextCursor: hunts.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    async cancel(actor, id) {
      requireAct(actor, 'hunt')
      const hunt = await find(actor, id)
      if (hunt.createdById !== actor.id && (await hasHiddenTenants(db, actor, hunt.id))) {
        throw new AppError('forbidden', 'this hunt also asks tenants that you do not see', {
          remedy: 'Ask whoever started it, or an administrator, to cancel it.',
        })
      }
      const failure = namedFailure('canceled', {
        service: 'graph',
        message: 'The hunt was canceled before all of this tenant’s time span was asked.',
      })
      await db.$transaction(async tx => {
        if (!(await cancelHunt(tx, hunt.id, failure))) return
        await notify(tx, { kind: 'canceled', huntId: hunt.id })
        await notify(tx, { kind: 'changed', huntIds: [hunt.id] })
        await audit.record(
          { actor, action: 'hunt.canceled', target: hunt.id, detail: { name: hunt.name } },
          tx,
        )
      })
      return get(actor, id)
    },

    async columns(actor, id) {
      const hunt = await find(actor, id)
      return readColumns(reading, actor, hunt.id)
    },

    async page(actor, id, pageOptions = {}) {
      return results.page(actor, await find(actor, id), pageOptions)
    },

    async groups(actor, id, groupOptions) {
      return results.groups(actor, await find(actor, id), groupOptions)
    },

    async timeline(actor, id, timelineOptions = {}) {
      return results.timeline(actor, await find(actor, id), timelineOptions)
    },

    async *rowChunks(actor, id) {
      const hunt = await find(actor, id)
      yield* readChunks(reading, actor, hunt.id)
    },

    async exportSource(actor, id, { filters = [], sort = null } = {}) {
      const hunt = await find(actor, id)
      const account = await ledger(actor, id)
      return exportSourceOf({ reading, results }, actor, hunt, { filters, sort }, account)
    },

    async *watch(actor, id, signal) {
      const hunt = await find(actor, id)
      const tenants = async (since: Date | null) => {
        const at = await databaseTime(db)
        // A second back: what commits late bears an earlier time.
        const tasks = await findTasks(db, actor, hunt.id, since && new Date(since.getTime() - 1000))
        return { tenants: tasks.map(toHuntTenant), at }
      }
      yield* watchHunt({ channel, summary: () => summary(actor, id), tenants }, hunt.id, signal)
    },

    async removeExpired() {
      while ((await removeExpiredHunts(db, 20)) === 20);
      await cache.prune(ids => findExisting(db, ids))
    },

    async dropTables() {
      await cache.clear()
      await notify(db, { kind: 'tables' })
    },

    async start({ work }) {
      channel.listen(notice => {
        if (notice.kind !== 'tables') return
        cache.clear().catch(error => options.log.warn({ err: error }, 'tables of results were not removed'))
      })
      await channel.open()
      if (work) engine.start()
    },

    async stop(graceMs) {
      isStopping = true
      await engine.stop(graceMs)
      await channel.close()
      await cache.close()
      await packer.close()
      await pool.end()
    },
  }
}
