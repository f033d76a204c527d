import type { Alert, Comment, Incident } from '../defender/index.ts'

/** Contract shape of an incident in the JSON API; times are ISO 8601 UTC, enum values in Graph's spelling. */
export type IncidentView = {
  /** `<tenantId>:<incidentId>` */
  id: string
  tenantId: string
  tenantName: string
  /** Unique within the tenant only. */
  incidentId: string
  title: string
  description: string | null
  severity: string
  status: string
  assignedTo: string | null
  classification: string
  determination: string
  tags: string[]
  systemTags: string[]
  alertCount: number | null
  comments: Comment[]
  /** The incident that this one was merged into, as an id of ours. */
  redirectTo: string | null
  createdAt: string
  updatedAt: string
  webUrl: string | null
}

/** An incident with its alerts; null when the service could not hand them out. */
export type IncidentDetailView = IncidentView & { alerts: Alert[] | null }

export function toIncidentView(incident: Incident, tenantName: string): IncidentView {
  const { tenantId, id, alerts: _, surface: __, unfamiliar: ___, redirectTo, ...rest } = incident
  return {
    ...rest,
    id: writeIncidentId(tenantId, id),
    tenantId,
    tenantName,
    incidentId: id,
    redirectTo: redirectTo === null ? null : writeIncidentId(tenantId, redirectTo),
    webUrl: safeUrl(incident.webUrl),
  }
}

export function toIncidentDetailView(incident: Incident, tenantName: string): IncidentDetailView {
  return {
    ...toIncidentView(incident, tenantName),
    alerts: incident.alerts?.map(alert => ({ ...alert, webUrl: safeUrl(alert.webUrl) })) ?? null,
  }
}

export function writeIncidentId(tenantId: string, incidentId: string): string {
  return `${tenantId}:${incidentId}`
}

/** @returns null for what cannot be an id of ours */
export function readIncidentId(id: string): { tenantId: string; incidentId: string } | null {
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,19})$/i.exec(id)
  return match?.[1] && match[2] ? { tenantId: match[1].toLowerCase(), incidentId: match[2] } : null
}

/** Becomes a link on a page: the service's word for it is not enough. */
function safeUrl(text: string | null): string | null {
  return text !== null && URL.canParse(text) && new URL(text).protocol === 'https:' ? text : null
}
