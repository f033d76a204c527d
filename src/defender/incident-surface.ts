import type { Incident, IncidentChange, Page } from './model.ts'
import { type Condition, compareText, compareTime, isNull } from './odata.ts'

/** What a list of incidents or alerts is narrowed by; all must hold. */
export type IncidentFilter = {
  /** ISO 8601 UTC */
  updatedSince?: string
  /** In Graph's spelling. */
  status?: string
  severity?: string
  /** Null: those that nobody works on. */
  assignedTo?: string | null
}

/** Nobody looks at a sweep while it runs: each of its calls may wait for its turn. */
export const sweepDeadlineMs = 300_000

export type IncidentPage = Page<Incident>

/** Incidents on one surface; which one is chosen from the roles. */
export type IncidentSurface = {
  /** Updated last comes first. */
  list(
    tenantId: string,
    filter: IncidentFilter,
    limit: number,
    cursor: string | null | undefined,
  ): Promise<IncidentPage>
  sweep(tenantId: string, since: string): AsyncGenerator<Incident[]>
  get(tenantId: string, incidentId: string, how: { withAlerts: boolean }): Promise<Incident>
  update(tenantId: string, incidentId: string, change: IncidentChange): Promise<Incident>
}

/** The conditions of a filter in a surface's own names; what it has no name for is left to the caller. */
export function filterOf(
  filter: IncidentFilter,
  fields: { status: string; assignedTo: string; severity?: string; updated: string },
  spell: (member: string) => string = member => member,
): Condition[] {
  const { updatedSince, status, severity, assignedTo } = filter
  const conditions: Condition[] = []
  if (updatedSince !== undefined) conditions.push(compareTime(fields.updated, 'ge', updatedSince))
  if (status !== undefined) conditions.push(compareText(fields.status, 'eq', spell(status)))
  if (severity !== undefined && fields.severity)
    conditions.push(compareText(fields.severity, 'eq', spell(severity)))
  if (assignedTo === null) conditions.push(isNull(fields.assignedTo))
  else if (assignedTo !== undefined) conditions.push(compareText(fields.assignedTo, 'eq', assignedTo))
  return conditions
}
