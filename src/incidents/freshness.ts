import { type Failure, ownFailure, readStoredFailure } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import { createLargeReads } from '../platform/limits/large-reads.ts'
import type { Actor } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import { type BehindRow, type FreshnessRow, findBehind, summarizeFreshness } from './freshness-store.ts'
import type { IncidentFilters } from './model.ts'
import { findScope, scopeKey } from './queue/filter-store.ts'

/** How fresh the store is over some tenants. */
export type FreshnessSummary = {
  tenants: number
  /** Tenants whose incidents are at most five minutes old here. */
  current: number
  /** The tenant that was read longest ago; null when none was read yet. ISO 8601 UTC. */
  oldestSyncedAt: string | null
}

/** A tenant whose incidents are older than promised, or not known, and why. */
export type Behind = {
  tenantId: string
  tenantName: string
  syncedAt: string | null
  /** `first_run`, `late` and `not_verified` are ours: nothing failed. */
  error: Failure
}

export type Freshness = {
  /** Of thousands of tenants the answer may be five seconds old. @throws AppError `forbidden` */
  summarize(actor: Actor, filters?: Pick<IncidentFilters, 'tenants' | 'tag'>): Promise<FreshnessSummary>
  /** Behind longest first. @param limit default: all @throws AppError `forbidden` */
  behind(actor: Actor, filters?: Pick<IncidentFilters, 'tenants' | 'tag'>, limit?: number): Promise<Behind[]>
}

const all = 100_000

/** Sets of tenants whose freshness is kept; of fewer tenants it is read each time. */
const mostScopes = 200
const keptFrom = 1_000
const keptForMs = 5_000

/** @param deps `clockMs` decides how long the freshness of many tenants is kept */
export function createFreshness({ db, clockMs }: { db: Database; clockMs?: () => number }): Freshness {
  const kept = createLargeReads<FreshnessRow>(mostScopes, ({ tenants }) => tenants >= keptFrom, {
    longestMs: keptForMs,
    ...(clockMs ? { now: clockMs } : {}),
  })
  return {
    async summarize(actor, filters = {}) {
      requireAct(actor, 'incident.read')
      const scope = await findScope(db, actor, filters)
      const row = await kept.get(scopeKey(scope), () => summarizeFreshness(db, scope))
      return { ...row, oldestSyncedAt: row.oldestSyncedAt?.toISOString() ?? null }
    },

    async behind(actor, filters = {}, limit = all) {
      requireAct(actor, 'incident.read')
      const rows = await findBehind(db, await findScope(db, actor, filters), limit)
      return rows.map(row => ({
        tenantId: row.tenantId,
        tenantName: row.tenantName,
        syncedAt: row.syncedAt?.toISOString() ?? null,
        error: causeOf(row),
      }))
    },
  }
}

function causeOf({ error, tenantStatus, isFirstRun, backfillCount }: BehindRow): Failure {
  const failure = readStoredFailure(error)
  if (failure) return failure
  if (isFirstRun) {
    const message = `The first run is under way: ${backfillCount ?? 0} incidents so far.`
    const remedy = 'Wait: the newest incidents are here already, older ones follow.'
    return { ...ownFailure({ code: 'first_run', message, remedy }), permanent: false, whoseMove: 'nobody' }
  }
  if (tenantStatus === 'connected' || tenantStatus === 'degraded') {
    const message = 'The last round is longer ago than it should be.'
    const remedy = 'Check that a process with TENANTRY_ROLE "worker" or "all" is running, and its log.'
    return { ...ownFailure({ code: 'late', message, remedy }), permanent: false, whoseMove: 'partner' }
  }
  const message = `The tenant is ${tenantStatus}: its incidents are not read.`
  return ownFailure({ code: 'not_verified', message, remedy: 'Open the tenant and verify it.' })
}
