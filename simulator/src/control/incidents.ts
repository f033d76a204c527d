import type { Incident, IncidentStatus } from '../data/alert-model.ts'
import { changeIncident, type ItemFields } from '../data/changes.ts'
import { setFate } from '../data/fates.ts'
import { raiseIncident } from '../data/raised-incidents.ts'
import { formatTicks, ticksOfDate, ticksPerMs } from '../data/ticks.ts'
import { dataOf } from '../data/world-data.ts'
import type { CustomerProfile, World } from '../world.ts'

/** An incident as it stands, for whoever compares. */
export type IncidentReport = {
  id: string
  title: string
  status: string
  severity: string
  assignedTo: string | null
  classification: string
  determination: string
  tags: string[]
  comments: string[]
  redirectTo: string | null
  /** ISO 8601 with seven digits of a second */
  created: string
  lastUpdate: string
  alertIds: string[]
}

/** How a change in the customer's portal is written down. */
export type PortalChange = ItemFields<IncidentStatus> & {
  comment?: string
  /** who changes; the customer's own desk unless told */
  by?: string
  /** how far the server's clock is off, in milliseconds: the last update may even go back */
  skewMs?: number
  /** milliseconds until answers show it, while its time is that of the change */
  lateMs?: number
}

export function reportIncidents(world: World, { tenantId }: CustomerProfile): IncidentReport[] {
  return incidentsOf(world, tenantId).map(report)
}

/** Raises an incident now. */
export function raise(world: World, customer: CustomerProfile): IncidentReport {
  const data = dataOf(world).tenants.of(customer.tenantId)
  if (!data) throw new Error(`There is no tenant ${customer.tenantId}.`)
  const id = raiseIncident(world.overlay, data.inventory, ticksOfDate(world.now()))
  return report(find(world, customer, String(id)))
}

/** Changes an incident as somebody in the customer's own portal does. */
export function changeInPortal(
  world: World,
  customer: CustomerProfile,
  incidentId: string,
  { comment, by = `security@${customer.domain}`, skewMs, lateMs, ...fields }: PortalChange,
): IncidentReport {
  const now = world.now()
  changeIncident(world.overlay, customer.tenantId, find(world, customer, incidentId), {
    fields,
    by,
    at: ticksOfDate(now),
    ...(comment === undefined ? {} : { comment }),
    ...(skewMs === undefined ? {} : { skew: BigInt(skewMs) * ticksPerMs }),
    ...(lateMs === undefined ? {} : { visibleAt: now.getTime() + lateMs }),
  })
  return report(find(world, customer, incidentId))
}

/** Joins an incident with another one of the tenant, as the service's correlation does. */
export function merge(world: World, customer: CustomerProfile, incidentId: string, intoId: string): void {
  const [incident, into] = [find(world, customer, incidentId), find(world, customer, intoId)]
  if (incident.redirectTo !== null || into.redirectTo !== null || incident.id === into.id)
    throw new Error('Only incidents that were not merged yet can be joined.')
  const at = String(ticksOfDate(world.now()))
  setFate(world.overlay, customer.tenantId, incident.id, { kind: 'merged', into: into.id, at })
}

export function deleteIncident(world: World, customer: CustomerProfile, incidentId: string): void {
  const incident = find(world, customer, incidentId)
  const at = String(ticksOfDate(world.now()))
  setFate(world.overlay, customer.tenantId, incident.id, { kind: 'deleted', at })
}

function incidentsOf(world: World, tenantId: string): Incident[] {
  return dataOf(world).tenants.of(tenantId)?.incidents() ?? []
}

function find(world: World, { tenantId }: CustomerProfile, incidentId: string): Incident {
  const found = incidentsOf(world, tenantId).find(({ id }) => String(id) === incidentId)
  if (!found) throw new Error(`The tenant has no incident ${incidentId}.`)
  return found
}

function report(incident: Incident): IncidentReport {
  return {
    id: String(incident.id),
    title: incident.name,
    status: incident.status,
    severity: incident.severity,
    assignedTo: incident.assignedTo,
    classification: incident.classification,
    determination: incident.determination,
    tags: incident.customTags,
    comments: incident.comments.map(({ comment }) => comment),
    redirectTo: incident.redirectTo === null ? null : String(incident.redirectTo),
    created: formatTicks(incident.created),
    lastUpdate: formatTicks(incident.lastUpdate),
    alertIds: incident.alerts.map(({ id }) => id),
  }
}
