import { RemoteError } from '../../errors.ts'
import type { SyncedIncident } from '../../microsoft/defender/index.ts'
import { ClaimLost, callOptions, type SpanDeps } from './read-span.ts'
import type { Claim } from './round.ts'

/** Incidents of one round whose alerts are fetched; the rest follow in the next one. */
const mostPerRound = 24
/** Asked for at once, and written together. */
const groupSize = 4

/** Sent away: it says nothing about the incident, and the others would be, too. */
const sentAway = new Set(['throttled', 'quota_exhausted', 'circuit_open', 'canceled', 'suspended'])

/**
 * Fetches alerts and evidence of incidents that changed, one call each: lists
 * with `$expand` fail in large tenants. An incident whose alerts cannot be had
 * is tried again later and holds up nobody else.
 *
 * @returns `hasMore`: others are due at once, or after `pauseMs` when the service sent us away
 * @throws ClaimLost; errors of the database
 */
export async function fetchAlerts(
  deps: SpanDeps,
  claim: Claim,
  signal: AbortSignal,
): Promise<{ fetched: number; hasMore: boolean; pauseMs: number | null }> {
  const { store, worker } = deps
  const due = await store.dueAlerts(claim.tenantId, mostPerRound)
  let fetched = 0
  for (let from = 0; from < due.length; from += groupSize) {
    signal.throwIfAborted()
    const group = due.slice(from, from + groupSize)
    const askedAt = await store.now()
    const results = await Promise.allSettled(group.map(id => fetchOne(deps, claim, id, signal)))
    const found = results.flatMap(result =>
      result.status === 'fulfilled' && result.value ? [result.value] : [],
    )
    if (found.length > 0) {
      const written = await store.write(worker, claim.tenantId, found, askedAt)
      if (!written) throw new ClaimLost()
      fetched += found.length
      for (const { incident, alerts } of found)
        if (alerts === null) await store.alertsFailed(claim.tenantId, incident.id)
    }
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      const { reason } = result
      if (!(reason instanceof RemoteError)) throw reason
      const { code, retryAfterSeconds } = reason.failure
      if (sentAway.has(code)) return { fetched, hasMore: true, pauseMs: (retryAfterSeconds ?? 15) * 1000 }
      await store.alertsFailed(claim.tenantId, group[index] ?? '')
    }
  }
  return { fetched, hasMore: due.length === mostPerRound, pauseMs: null }
}

/** @returns null for one that Microsoft deleted, which is then marked */
async function fetchOne(
  { defender, store, worker }: SpanDeps,
  { tenantId, roles }: Claim,
  incidentId: string,
  signal: AbortSignal,
): Promise<SyncedIncident | null> {
  try {
    return await defender.syncIncident(tenantId, roles, incidentId, { ...callOptions, signal })
  } catch (error) {
    if (!(error instanceof RemoteError && error.failure.code === 'not_found')) throw error
    if ((await store.markDeleted(worker, tenantId, incidentId)) === null) throw new ClaimLost()
    return null
  }
}
