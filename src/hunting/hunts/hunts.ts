import { join } from 'node:path'
import type { Audit } from '../../audit/audit.ts'
import type { Resealed } from '../../installation/sealing/rotation.ts'
import { noSealer, type Sealer } from '../../installation/sealing/sealer.ts'
import type { Log } from '../../log.ts'
import type { Hunting } from '../../microsoft/defender/index.ts'
import type { Connections } from '../../platform/database/connections/limit-connections.ts'
import type { Database } from '../../platform/database/index.ts'
import type { SealingKey } from '../../platform/sealing/envelope.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { createEngine, type EngineOptions, engineDefaults } from '../engine/engine.ts'
import { createPacker } from '../engine/packing/packer.ts'
import { serviceRowCap } from '../engine/run-task.ts'
import { createEngineStore } from '../engine/store.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import { hasChunksOf, resealChunks } from '../results/chunks/reseal-store.ts'
import { createHuntReader, type HuntReader } from '../results/reading/reader.ts'
import { createResultCache } from '../results/reading/result-cache.ts'
import { createReadingStore } from '../results/reading/store.ts'
import { cancel } from './cancel.ts'
import { createChannel, sendNotice } from './channel.ts'
import { createHuntRows } from './create.ts'
import { createHuntLookup, type HuntLookup } from './lookup.ts'
import type { HuntRequest, HuntView } from './model.ts'
import { type HuntPlan, planHunt } from './plan.ts'
import { findExisting, giveTimeBack, removeExpiredHunts, type Transaction } from './store.ts'

/** Hunts: what becomes of them (here), how they stand (`HuntLookup`), and what they found (`HuntReader`). */
export type Hunts = HuntLookup &
  HuntReader & {
    /** What a hunt would do, and what stands against it. @throws AppError `forbidden`, `invalid`, `not_found` */
    plan(actor: Actor, request: HuntRequest, signal?: AbortSignal): Promise<HuntPlan>
    /**
     * Writes the hunt and a task per tenant; the workers begin at once.
     *
     * @throws AppError `forbidden`, `invalid_query` with `problems`, `invalid`, `not_found`
     */
    create(actor: Actor, request: HuntRequest, signal?: AbortSignal): Promise<HuntView>
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
    /** A suspension ended: hunts that waited go on, with the time that it took. @param tenantId null: of everything */
    goOn(tx: Transaction, tenantId: string | null, since: Date): Promise<void>
    /** Seals every stored row with a key. @throws AppError of the sealer */
    reseal(key: SealingKey, onBatch: (done: number) => void): Promise<Resealed>
    /** Whether any stored row is sealed with one of these keys. */
    isSealedWith(keyIds: readonly string[]): Promise<boolean>
    /** Listens; with `work` also does the work of hunts in this process. */
    start(options: { work: boolean }): Promise<void>
    /** Calls under way may end within `graceMs`; others are given back. */
    stop(graceMs: number): Promise<void>
  }

export type HuntsOptions = {
  db: Database
  /** For the engine's statements and for reading results. */
  pool: Connections
  /** For hearing notices. */
  connectionString: string
  audit: Audit
  analyzer: Pick<QueryAnalyzer, 'analyze'>
  hunt: Hunting['hunt']
  prepare?: Hunting['prepareHunt']
  log: Log
  /** Days that results are kept. */
  keepDays: number
  /** Seals what tenants answered, in the rows and, with a key for tables, in the files. */
  sealer?: Sealer
  /** Encrypts tables for sorting and grouping; null leaves them as they are. */
  tableKey?: ((name: string) => string) | null
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
  const { db, pool, audit, analyzer, connectionString, prepare, now = () => new Date() } = options
  const { sealer = noSealer, tableKey = null } = options
  const { keepDays, deadlineMs = defaultDeadlineMs, huntingShare = 0.6 } = options
  const channel = createChannel(connectionString, error =>
    options.log.warn({ err: error }, 'notices of hunts could not be heard'),
  )
  const lookup = createHuntLookup({ db, channel })
  const cache = createResultCache(
    join(options.dataDir, 'hunt-cache'),
    options.cacheBytes ?? defaultCacheBytes,
    tableKey,
  )
  const reader = createHuntReader({
    db,
    reading: createReadingStore(pool, sealer),
    cache,
    coverage: lookup.coverage,
    audit,
  })
  const packer = createPacker()
  const engine = createEngine({
    store: createEngineStore(pool, sealer),
    channel,
    log: options.log,
    options: { ...engineDefaults, ...options.engine },
    hunt: options.hunt,
    pack: packer.pack,
    ...(prepare ? { prepare } : {}),
    whyNotSliced: async query => (await analyzer.analyze(query, { caller: 'hunt engine' })).slicingObstacle,
    rowCap: options.rowCap ?? serviceRowCap,
    callBudget: 64,
    now,
    random: options.random ?? Math.random,
  })

  return {
    ...lookup,
    ...reader,

    async plan(actor, request, signal) {
      requireAct(actor, 'hunt.run')
      return planHunt({ db, analyzer, huntingShare, now }, actor, request, signal)
    },

    async create(actor, request, signal) {
      const id = await createHuntRows(
        { db, audit, analyzer, keepDays, deadlineMs, now },
        actor,
        request,
        signal,
      )
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
      await sendNotice(db, { kind: 'tables' })
    },

    async reseal(key, onBatch) {
      const done = await resealChunks(pool, sealer, key, onBatch)
      await cache.clear()
      await sendNotice(db, { kind: 'tables' })
      return done
    },

    isSealedWith: keyIds => hasChunksOf(pool, keyIds),

    async goOn(tx, tenantId, since) {
      await giveTimeBack(tx, tenantId, since)
      await sendNotice(tx, { kind: 'work' })
    },

    async start({ work }) {
      channel.listen(notice => {
        if (notice.kind !== 'tables') return
        cache.clear().catch(error => options.log.warn({ err: error }, 'tables of results were not removed'))
      })
      // What was made before results were sealed lies there unsealed.
      if (tableKey) await cache.clear()
      await channel.open()
      if (work) engine.start()
    },

    async stop(graceMs) {
      await engine.stop(graceMs)
      await channel.close()
      await cache.close()
      await packer.close()
    },
  }
}
