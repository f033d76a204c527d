import { LRUCache } from 'lru-cache'
import type { Failure } from '../../errors.ts'
import type { Surface } from '../../microsoft/clouds/clouds.ts'
import type { Database } from '../../platform/database/index.ts'
import { createBatcher } from '../../platform/limits/batcher.ts'
import { isAboutTheRequest, isAboutTheTenant } from './consent-problems.ts'
import { type SurfaceSuccess, writeSurfaceFailure, writeSurfaceSuccesses } from './health-store.ts'

/** A success or the same failure again is written once in this time. */
const quietMs = 60_000
/** After a failure that calls for a check, one of another kind waits this long. */
const recheckMs = 10 * 60_000
/** The same failure again is known; it is looked at as seldom as this. */
const sameRecheckMs = 6 * 3_600_000
const remembered = 50_000

export type Health = {
  /**
   * Tells what one call to a surface came to. Costs a lookup when nothing
   * changed within the last minute; else two rows. Failures of the request
   * itself (a bad query, an unknown id, waiting for quota) count as neither.
   *
   * @param failure null for a success
   */
  recordOutcome(tenantId: string, surface: Surface, failure: Failure | null): Promise<void>
  /**
   * Forgets what was last written, as a check rewrote the rows. When a check
   * was last asked for is kept: the check's own calls end up here too.
   */
  forget(tenantId: string): void
}

/**
 * @param recheck called when a failure suggests that consent, roles or license
 *   of the tenant changed; at most once in ten minutes per tenant, and
 *   once in six hours for the same failure
 */
export function createHealth({
  db,
  recheck,
  now = () => new Date(),
}: {
  db: Database
  recheck: (tenantId: string) => void | Promise<void>
  now?: () => Date
}): Health {
  /** Last written outcome by tenant and surface; oldest entries go first. */
  const written = new LRUCache<string, { code: string | null; atMs: number }>({ max: remembered })
  // A hunt over thousands of tenants reports hundreds a second, and nobody waits for these.
  const successes = createBatcher<SurfaceSuccess, void>({
    gatherMs: 20,
    most: 200,
    // A statement may update a row once.
    keyOf: ({ tenantId }) => tenantId,
    async write(batch) {
      await writeSurfaceSuccesses(db, batch)
      return []
    },
  })
  const rechecked = new LRUCache<string, { code: string; atMs: number }>({ max: remembered })

  function needsRecheck(tenantId: string, code: string, at: Date): boolean {
    const last = rechecked.get(tenantId)
    if (!last) return true
    return at.getTime() - last.atMs >= (last.code === code ? sameRecheckMs : recheckMs)
  }

  return {
    async recordOutcome(tenantId, surface, failure) {
      if (failure && isAboutTheRequest(failure)) return
      const at = now()
      const key = `${tenantId} ${surface}`
      const code = failure?.code ?? null
      const last = written.get(key)

      if (!last || last.code !== code || at.getTime() - last.atMs >= quietMs) {
        written.set(key, { code, atMs: at.getTime() })
        if (failure) await writeSurfaceFailure(db, tenantId, surface, failure, at)
        else await successes.add({ tenantId, surface, at })
      }
      if (failure && isAboutTheTenant(failure) && needsRecheck(tenantId, failure.code, at)) {
        rechecked.set(tenantId, { code: failure.code, atMs: at.getTime() })
        await recheck(tenantId)
      }
    },

    forget(tenantId) {
      for (const surface of ['graph', 'defender', 'endpoint']) written.delete(`${tenantId} ${surface}`)
    },
  }
}
