import type { CallSurface } from '../call.ts'
import type { IncidentSurface } from '../incidents/incidents.ts'
import type { IncidentChange } from '../model.ts'
import { pascalCase } from '../wire/members.ts'
import { readDocument } from '../wire/wire.ts'
import { readXdrIncident, xdrIncident } from './read-incident.ts'

/**
 * Changes of incidents on Defender XDR.
 *
 * @param portalOrigin where web links lead
 * @see Defender XDR, "Update incidents API"
 */
export function xdrIncidents(call: CallSurface, portalOrigin: string): IncidentSurface {
  return {
    async update(tenantId, incidentId, change) {
      const answer = await call({
        surface: 'defender',
        quota: 'defender-incidents',
        tenantId,
        method: 'PATCH',
        path: `/api/incidents/${incidentId}`,
        body: patchOf(change),
      })
      const wire = readDocument(answer, 'defender', xdrIncident, 'an incident')
      return readXdrIncident(wire, tenantId, portalOrigin)
    },
  }
}

/** Where this API's spelling is more than the same name with a capital. */
const determinationNames: Record<string, string> = {
  unknown: 'NotAvailable',
  notMalicious: 'Clean',
  notEnoughDataToValidate: 'NoEnoughDataToValidate',
}

function patchOf(change: IncidentChange): Record<string, unknown> {
  const { status, classification, determination, assignedTo, tags, comment } = change
  const body: Record<string, unknown> = {}
  if (status !== undefined) body.status = pascalCase(status)
  if (assignedTo !== undefined) body.assignedTo = assignedTo
  if (classification !== undefined) body.classification = pascalCase(classification)
  if (determination !== undefined)
    body.determination = determinationNames[determination] ?? pascalCase(determination)
  if (tags !== undefined) body.tags = tags
  if (comment !== undefined) body.comment = comment
  return body
}
