import type { IncidentView } from '../incidents/model.ts'
import { printTable } from './output.ts'

/** Incidents as a table; times are ISO 8601. */
export function printIncidents(incidents: readonly IncidentView[]): void {
  printTable(
    ['INCIDENT', 'SEVERITY', 'STATUS', 'UPDATED', 'ASSIGNED TO', 'TENANT', 'TITLE'],
    incidents.map(({ id, tenantName, severity, status, updatedAt, assignedTo, title }) => [
      id,
      severity,
      status,
      updatedAt,
      assignedTo,
      tenantName,
      title,
    ]),
  )
}

/** One incident on one line, for lists that go on. */
export function incidentLine({
  id,
  severity,
  status,
  updatedAt,
  assignedTo,
  tenantName,
  title,
}: IncidentView): string {
  return [updatedAt, severity, status, assignedTo ?? '–', tenantName, id, title].join('  ')
}
