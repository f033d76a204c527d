import type { Surface } from '../clouds/clouds.ts'
import type { Database } from '../database/index.ts'
import type { RemoteFailure } from '../errors.ts'
import { isAboutTheRequest, isAboutTheTenant } from './consent-problems.ts'
import { writeSurfaceFailure, writeSurfaceSuccesses } from './health-store.ts'
import { batchSuccesses } from './success-batch.ts'

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
  recordOutcome(tenantId: string, surface: Surface, failure: RemoteFailure | null): Promise<void>
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
  const written = new Map<string, { code: string | null; atMs: number }>()
  const writeSuccess = batchSuccesses(successes => writeSurfaceSuccesses(db, successes))
  const rechecked = new Map<string, { code: string; atMs: number }>()

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
        remember(written, key, { code, atMs: at.getTime() })
        if (failure) await writeSurfaceFailure(db, tenantId, surface, failure, at)
        else await writeSuccess({ tenantId, surface, at })
      }
      if (failure && isAboutTheTenant(failure) && needsRecheck(tenantId, failure.code, at)) {
        remember(rechecked, tenantId, { code: failure.code, atMs: at.getTime() })
        await recheck(tenantId)
      }
    },

    forget(tenantId) {
      for (const surface of ['graph', 'defender', 'endpoint']) written.delete(`${tenantId} ${surface}`)
    },
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
