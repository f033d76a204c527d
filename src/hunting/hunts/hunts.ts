import { join } from 'node:path'
import pg from 'pg'
import type { Audit } from '../../audit/audit.ts'
import type { Database } from '../../database/index.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import { cancel } from './cancel.ts'
import { createChannel } from './channel.ts'
import { createHuntRows } from './create.ts'
import type { RunHunt } from './engine/ask-tenant.ts'
import { createEngine, type EngineOptions, engineDefaults } from './engine/engine.ts'
import type { EngineLog } from './engine/log.ts'
import { createPacker } from './engine/packer.ts'
import { serviceRowCap } from './engine/run-task.ts'
import { whyNotSliced } from './engine/slice-safety.ts'
import { createEngineStore } from './engine/store.ts'
import { createHuntLookup, type HuntLookup } from './lookup.ts'
import type { HuntRequest, HuntView } from './model.ts'
import { type HuntPlan, planHunt } from './plan.ts'
import { createHuntReader, type HuntReader } from './reading/reader.ts'
import { createResultCache } from './reading/result-cache.ts'
import { createReadingStore } from './reading/store.ts'
import { findExisting, notify, removeExpiredHunts } from './store.ts'

/** Hunts: what becomes of them (here), how they stand (`HuntLookup`), and what they found (`HuntReader`). */
export type Hunts = HuntLookup &
  HuntReader & {
    /** What a hunt would do, and what stands against it. @throws AppError `forbidden`, `invalid`, `not_found` */
    plan(actor: Actor, request: HuntRequest): Promise<HuntPlan>
    /**
     * Writes the hunt and a task per tenant; the workers begin at once.
     *
     * @throws AppError `forbidden`, `invalid_query` with `problems`, `invalid`, `not_found`
     */
    create(actor: Actor, request: HuntRequest): Promise<HuntView>
    /**
     * Ends it at once and keeps what came; a hunt that is over stays as it is.
     *
     * @throws AppError `forbidden`, `not_found`
     */
    cancel(actor: Actor, id: string): Promise<HuntView>
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
  log: EngineLog
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

const defaultCacheBytes = 2 * 1024 ** 3
const defaultDeadlineMs = 30 * 60_000

/** Hunts: one query, many tenants. */
export function createHunts(options: HuntsOptions): Hunts {
  const { db, audit, connectionString, prepare, now = () => new Date() } = options
  const { keepDays, deadlineMs = defaultDeadlineMs, huntingShare = 0.6 } = options
  const pool = new pg.Pool({ connectionString, max: 6, application_name: 'tenantry hunts' })
  let isStopping = false
  pool.on('error', error => {
    if (!isStopping) options.log.warn({ err: error }, 'an idle database connection broke')
  })
  const channel = createChannel(connectionString)
  const lookup = createHuntLookup({ db, channel })
  const cache = createResultCache(
    join(options.dataDir, 'hunt-cache'),
    options.cacheBytes ?? defaultCacheBytes,
  )
  const reader = createHuntReader({ db, reading: createReadingStore(pool), cache, ledger: lookup.ledger })
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

  return {
    ...lookup,
    ...reader,

    async plan(actor, request) {
      requireAct(actor, 'hunt')
      return planHunt({ db, huntingShare, now }, actor, request)
    },

    async create(actor, request) {
      const id = await createHuntRows({ db, audit, keepDays, deadlineMs, now }, actor, request)
      return lookup.get(actor, id)
    },

    async cancel(actor, id) {
      await cancel({ db, audit }, actor, id)
      return lookup.get(actor, id)
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
