import type { CallSurface } from '../call.ts'
import type { IncidentSurface } from '../incidents/incidents.ts'
import { addComment, withoutComment } from '../incidents/write-comment.ts'
import { fetchDocument } from '../lists/read-list.ts'
import type { Incident, IncidentChange } from '../model.ts'
import { readDocument } from '../wire/wire.ts'
import { graphIncident, readGraphIncident } from './read-incident.ts'

const path = '/v1.0/security/incidents'

/**
 * Changes of incidents on Graph.
 *
 * @see Microsoft Graph, "Get incident", "Update incident", "Create comment for incident"
 */
export function graphIncidents(call: CallSurface): IncidentSurface {
  const base = { surface: 'graph', quota: 'graph-incidents' } as const

  async function get(tenantId: string, incidentId: string): Promise<Incident> {
    const request = { ...base, tenantId, path: `${path}/${incidentId}` }
    const { document, isIncomplete } = await fetchDocument(call, request, graphIncident, 'an incident')
    return { ...readGraphIncident(document, tenantId), isIncomplete }
  }

  return {
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
      return get(tenantId, incidentId)
    },
  }
}

function patchOf({ comment: _, tags, ...fields }: IncidentChange): Record<string, unknown> {
  const body = { ...fields, customTags: tags }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
