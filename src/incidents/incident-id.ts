import { isGuid } from '../platform/guid.ts'

/** Our name of an incident: its number is unique within the tenant only. */
export function writeIncidentId(tenantId: string, incidentId: string): string {
  return `${tenantId}:${incidentId}`
}

/** @returns null for what cannot be an id of ours */
export function readIncidentId(id: string): { tenantId: string; incidentId: string } | null {
  const [, tenantId = '', incidentId = ''] = /^([^:]+):(\d{1,19})$/.exec(id) ?? []
  return isGuid(tenantId) ? { tenantId: tenantId.toLowerCase(), incidentId } : null
}
