import { randomUUID } from 'node:crypto'
import type { Database } from '../../platform/database/index.ts'
import { readIdCursor } from '../../platform/paging.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { writeIncidentId } from '../incident-id.ts'
import { findScope } from '../queue/filter-store.ts'
import { type IndicatorKind, indicatorKinds } from './kinds.ts'
import { matchPatterns } from './patterns.ts'
import {
  type Candidate,
  compareDue,
  findCandidates,
  findNamings,
  type Naming,
  removeSightingsOf,
  removeUnshared,
} from './store.ts'

/** One indicator that the evidence of several tenants names; latest tenant first. */
export type SightingView = {
  kind: IndicatorKind
  value: string
  /** How it was written. */
  label: string
  /** At least two, with the ids of their incidents, latest first. Of a value in hundreds of incidents, the latest. */
  tenants: { tenantId: string; tenantName: string; incidents: string[] }[]
  /** At any time, as far as incidents are kept. */
  firstSeenAt: string
  lastSeenAt: string
}

export type SightingsQuery = {
  /** Tenants count that named the value since. */
  since: Date
  kinds?: readonly IndicatorKind[] | undefined
  /** 1–200, default 50. */
  limit?: number | undefined
  cursor?: string | null | undefined
}

/** Candidates looked at together: some are ignored, or of tenants that the reader does not see. */
const candidatesAtOnce = 100

/** A request ends after so many of them, with a cursor to go on from. */
const mostRounds = 10

/** Indicators seen in several tenants. */
export type Sightings = ReturnType<typeof createSightings>

export function createSightings({ db }: { db: Database }) {
  return {
    /**
     * Those that at least two tenants of the actor's name, latest first; what is on the list of common values is left out.
     *
     * @returns a page that may be shorter than `limit` and still have a next one
     * @throws AppError `forbidden`, `invalid` for a cursor of another list
     */
    async list(
      actor: Actor,
      { since, kinds = indicatorKinds, limit = 50, cursor = null }: SightingsQuery,
    ): Promise<{ items: SightingView[]; nextCursor: string | null }> {
      requireAct(actor, 'incident.read')
      const [scope, patterns] = await Promise.all([
        findScope(db, actor, {}),
        db.ignoredIndicator.findMany({ select: { kind: true, pattern: true } }),
      ])
      const isIgnored = matchPatterns(patterns)
      const items: SightingView[] = []
      // The cursor is the id of a row, which says nothing of what one may not see.
      let after = readIdCursor(cursor)
      for (let round = 0; round < mostRounds; round++) {
        const candidates = await findCandidates(db, since, kinds, after, candidatesAtOnce)
        const wanted = candidates.filter(({ kind, value }) => !isIgnored(kind, value))
        const namings = await findNamings(db, scope, wanted)
        const views = viewsOf(namings, since)
        for (const candidate of candidates) {
          if (items.length === limit) return { items, nextCursor: after }
          after = candidate.id
          const view = views.get(keyOf(candidate))
          if (view && view.tenants.length > 1) items.push(view)
        }
        if (candidates.length < candidatesAtOnce) return { items, nextCursor: null }
      }
      return { items, nextCursor: after }
    },

    /** Compares the evidence that was written since the last time. @param signal ends it between two batches */
    async compare(signal?: AbortSignal): Promise<void> {
      let isDone = false
      while (!isDone && !signal?.aborted) ({ isDone } = await compareDue(db))
    },

    /** Removes part of what only one tenant names by now. */
    async removeUnshared(): Promise<void> {
      await removeUnshared(db, randomUUID())
    },

    /** Removes what is left to one tenant when this one goes; call while its rows are there. */
    async forgetTenant(tenantId: string): Promise<void> {
      await removeSightingsOf(db, tenantId)
    },
  }
}

function keyOf({ kind, value }: Pick<Candidate, 'kind' | 'value'>): string {
  return `${kind} ${value}`
}

/** Namings by indicator; they come latest first. What is older than asked for tells only when it began. */
function viewsOf(namings: readonly Naming[], since: Date): Map<string, SightingView> {
  const views = new Map<string, SightingView>()
  for (const naming of namings) {
    const { kind, value, label, tenantId, tenantName } = naming
    const [firstSeenAt, lastSeenAt] = [naming.firstSeenAt.toISOString(), naming.lastSeenAt.toISOString()]
    const view = views.get(keyOf(naming)) ?? { kind, value, label, tenants: [], firstSeenAt, lastSeenAt }
    views.set(keyOf(naming), view)
    if (firstSeenAt < view.firstSeenAt) view.firstSeenAt = firstSeenAt
    if (naming.lastSeenAt < since) continue
    const incident = writeIncidentId(tenantId, naming.incidentId)
    const known = view.tenants.find(one => one.tenantId === tenantId)
    if (known) known.incidents.push(incident)
    else view.tenants.push({ tenantId, tenantName, incidents: [incident] })
  }
  return views
}
