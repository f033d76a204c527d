import type { IncidentView } from '../../incidents/model.ts'
import type { IncidentDigestEvent, IncidentToldEvent, ToldIncident } from '../event.ts'
import { inWords } from '../webhooks/facts.ts'

const mostInDigest = 50

const severityOrder = ['high', 'medium', 'low', 'informational']

type MessageContext = { rule: { id: string; name: string }; publicUrl: string; now: Date }

/** @param revision how often it is told with this one: 1 the first time */
export function incidentEvent(
  incident: IncidentView,
  revision: number,
  { rule, publicUrl, now }: MessageContext,
): IncidentToldEvent {
  const told = toTold(incident, publicUrl)
  return {
    type: revision === 1 ? 'incident.created' : 'incident.updated',
    at: now.toISOString(),
    summary: revision === 1 ? summaryOf(told) : `${changeOf(incident)}: ${told.title} · ${told.tenantName}`,
    url: told.url,
    rule: { id: rule.id, name: rule.name },
    key: `${rule.id}:${told.id}`,
    revision,
    incident: told,
  }
}

/** The most severe first. @param incidents not empty */
export function digestEvent(
  incidents: IncidentView[],
  { rule, publicUrl, now }: MessageContext,
): IncidentDigestEvent {
  const rank = ({ severity }: IncidentView) => (severityOrder.indexOf(severity) + 5) % 5
  const sorted = incidents.toSorted((one, other) => rank(one) - rank(other))
  const tenants = new Set(incidents.map(({ tenantId }) => tenantId)).size
  const count = (number: number, noun: string) =>
    `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
  return {
    type: 'incident.digest',
    at: now.toISOString(),
    summary: `${count(incidents.length, 'new incident')} in ${count(tenants, 'tenant')}`,
    url: `${publicUrl}/incidents`,
    rule: { id: rule.id, name: rule.name },
    total: incidents.length,
    incidents: sorted.slice(0, mostInDigest).map(incident => toTold(incident, publicUrl)),
  }
}

export function summaryOf({
  severity,
  title,
  tenantName,
}: Pick<ToldIncident, 'severity' | 'title' | 'tenantName'>) {
  return `${inWords(severity)}: ${title} · ${tenantName}`
}

/** What has to differ for an incident to be told again. */
export function stateOf(incident: {
  severity: string
  status: string
  assignedTo: string | null
  classification: string
  redirectTo: string | null
  deletedAt: Date | string | null
}): string {
  const { severity, status, assignedTo, classification, redirectTo, deletedAt } = incident
  return JSON.stringify([
    severity,
    status,
    assignedTo,
    classification,
    redirectTo !== null,
    deletedAt !== null,
  ])
}

function changeOf({ status, redirectTo, deletedAt }: IncidentView): string {
  if (deletedAt !== null) return 'Deleted at Microsoft'
  if (redirectTo !== null) return 'Merged into another incident'
  return status === 'resolved' ? 'Resolved' : 'Changed'
}

function toTold(incident: IncidentView, publicUrl: string): ToldIncident {
  const { id, tenantId, tenantName, incidentId, title, severity, status, assignedTo } = incident
  const { classification, products, alertCount, createdAt, updatedAt, webUrl } = incident
  return {
    id,
    tenantId,
    tenantName,
    incidentId,
    title,
    severity,
    status,
    assignedTo,
    classification,
    products,
    alertCount,
    createdAt,
    updatedAt,
    url: `${publicUrl}/incidents/${encodeURIComponent(id)}`,
    webUrl,
  }
}
