import { RemoteError } from '../../errors.ts'
import { toExact } from './exact-time.ts'
import { ClaimLost, callOptions, readSpan, type SpanDeps } from './read-span.ts'
import type { Claim } from './round.ts'

const dayMs = 24 * 3_600_000
/** Incidents that the list does not hold and that are looked at one by one. */
const mostChecked = 500

/**
 * Reads the whole span again: what came to light late is written, and stored
 * incidents that the list does not hold any more are asked for one by one;
 * those that Microsoft does not know are marked.
 *
 * @returns how many rows changed
 * @throws ClaimLost; RemoteError; errors of the database
 */
export async function reconcile(
  deps: SpanDeps,
  claim: Claim,
  spanDays: number,
  signal: AbortSignal,
): Promise<number> {
  const { defender, store, worker } = deps
  const { tenantId, roles, claimedAt } = claim
  const from = toExact(new Date(claimedAt.getTime() - spanDays * dayMs))
  const stored = new Set(await store.storedIds(tenantId, from, toExact(claimedAt)))
  const span = { from, until: null, order: 'oldest-first', skip: 0 } as const
  const result = await readSpan(
    deps,
    claim,
    span,
    Number.POSITIVE_INFINITY,
    () => ({}),
    signal,
    page => {
      for (const { incident } of page.incidents) stored.delete(incident.id)
      return true
    },
  )
  let { changed } = result
  for (const incidentId of [...stored].slice(0, mostChecked)) {
    const askedAt = await store.now()
    const found = await defender
      .syncIncident(tenantId, roles, incidentId, { ...callOptions, signal })
      .catch(isGone)
    const written = found
      ? await store.write(worker, tenantId, [found], askedAt)
      : await store.markDeleted(worker, tenantId, incidentId)
    if (written === null) throw new ClaimLost()
    changed++
  }
  return changed
}

function isGone(error: unknown): null {
  if (error instanceof RemoteError && error.failure.code === 'not_found') return null
  throw error
}
