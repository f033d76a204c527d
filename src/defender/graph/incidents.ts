import type { CallSurface } from '../call.ts'
import { readCursor, type TimePosition, writeCursor } from '../cursor.ts'
import { isServiceStruggling } from '../expand.ts'
import {
  filterOf,
  type IncidentFilter,
  type IncidentPage,
  type IncidentSurface,
  sweepDeadlineMs,
} from '../incident-surface.ts'
import type { Incident, IncidentChange } from '../model.ts'
import { compareTime, withOptions } from '../odata.ts'
import { collect, type Fetch, nextTimePage } from '../time-pages.ts'
import { listOf, readDocument } from '../wire.ts'
import { addComment, withoutComment } from '../write-comment.ts'
import { graphIncident, readGraphIncident } from './read-incident.ts'

const path = '/v1.0/security/incidents'
/** More is refused with 400. */
const largestTop = 50
const byUpdate = 'lastUpdateDateTime'
const fields = { status: 'status', assignedTo: 'assignedTo', severity: 'severity', updated: byUpdate }

/**
 * Incidents on Graph.
 *
 * @see Microsoft Graph, "List incidents", "Get incident", "Update incident", "Create comment for incident"
 */
export function graphIncidents(call: CallSurface): IncidentSurface {
  const base = { surface: 'graph', quota: 'graph-incidents' } as const

  function fetcher(
    tenantId: string,
    filter: IncidentFilter,
    order: 'asc' | 'desc',
    deadlineMs?: number,
  ): Fetch<Incident> {
    return async ({ time, skip }) => {
      const beginning = time === null ? [] : [compareTime(byUpdate, order === 'asc' ? 'ge' : 'le', time)]
      const answer = await call({
        ...base,
        tenantId,
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        path: withOptions(path, {
          filter: [...filterOf(filter, fields), ...beginning],
          orderBy: `${byUpdate} ${order}`,
          top: largestTop,
          skip,
        }),
      })
      const { value, nextLink } = readDocument(answer, 'graph', listOf(graphIncident), 'a list of incidents')
      const entries = value.map(wire => ({
        id: wire.id,
        time: wire.lastUpdateDateTime.wire,
        item: readGraphIncident(wire, tenantId),
      }))
      return { entries, hasMore: nextLink !== null || value.length >= largestTop }
    }
  }

  async function getAt(tenantId: string, incidentId: string, expand: boolean): Promise<Incident> {
    const answer = await call({
      ...base,
      tenantId,
      path: withOptions(`${path}/${incidentId}`, expand ? { expand: 'alerts' } : {}),
      // Big incidents answer 500 for as long as one asks.
      ...(expand ? { attempts: 2 } : {}),
    })
    return readGraphIncident(readDocument(answer, 'graph', graphIncident, 'an incident'), tenantId)
  }

  return {
    async list(tenantId, filter, limit, cursor): Promise<IncidentPage> {
      const start = readCursor(cursor, { by: 'time', surface: 'graph' })
      const fetch = fetcher(tenantId, filter, 'desc')
      const { items, next } = await collect<Incident, TimePosition>(limit, start, (position, left) =>
        nextTimePage('graph', position, left, fetch),
      )
      return { items, nextCursor: next && writeCursor(next), surface: 'graph' }
    },

    async *sweep(tenantId, since) {
      const fetch = fetcher(tenantId, {}, 'asc', sweepDeadlineMs)
      let position: TimePosition | null = { by: 'time', surface: 'graph', time: since, seen: [], skip: 0 }
      while (position) {
        const page: { items: Incident[]; next: TimePosition | null } = await nextTimePage(
          'graph',
          position,
          Number.POSITIVE_INFINITY,
          fetch,
        )
        if (page.items.length > 0) yield page.items
        position = page.next
      }
    },

    async get(tenantId, incidentId, { withAlerts }) {
      if (!withAlerts) return getAt(tenantId, incidentId, false)
      try {
        return await getAt(tenantId, incidentId, true)
      } catch (error) {
        if (!isServiceStruggling(error)) throw error
      }
      return getAt(tenantId, incidentId, false)
    },

    async update(tenantId, incidentId, change) {
      const body = patchOf(change)
      const isPatched = Object.keys(body).length > 0
      if (isPatched) {
        const answer = await call({
          ...base,
          tenantId,
          method: 'PATCH',
          path: `${path}/${incidentId}`,
          body,
        })
        const changed = readGraphIncident(
          readDocument(answer, 'graph', graphIncident, 'an incident'),
          tenantId,
        )
        if (change.comment === undefined) return changed
      }
      // PATCH takes no comment here: it is a call of its own.
      const { comment } = change
      if (comment !== undefined) {
        const write = () =>
          addComment(call, { ...base, tenantId, path: `${path}/${incidentId}/comments` }, comment)
        await (isPatched ? withoutComment(write) : write())
      }
      return getAt(tenantId, incidentId, false)
    },
  }
}

function patchOf({ comment: _, tags, ...fields }: IncidentChange): Record<string, unknown> {
  const body = { ...fields, customTags: tags }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
