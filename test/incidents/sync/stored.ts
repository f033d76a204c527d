import type { IncidentReport } from '../../../simulator/src/control/incidents.ts'
import type { Database } from '../../../src/platform/database/index.ts'

/** What the store holds of a tenant, in the shape of the simulator's own account, by id. */
export async function storedIncidents(db: Database, tenantId: string): Promise<Record<string, unknown>> {
  const rows = await db.incident.findMany({
    where: { tenantId, deletedAt: null },
    include: { alerts: { select: { alertId: true } } },
  })
  return Object.fromEntries(
    rows.map(row => [
      row.incidentId,
      {
        title: row.title,
        status: row.status,
        severity: row.severity,
        assignedTo: row.assignedTo,
        classification: row.classification,
        determination: row.determination,
        tags: row.tags,
        comments: (row.comments as { comment: string }[]).map(({ comment }) => comment),
        redirectTo: row.redirectTo,
        lastUpdate: row.updatedExact,
        // A merged incident's alerts are its target's.
        alertIds: row.isListed ? row.alerts.map(({ alertId }) => alertId).sort() : [],
      },
    ]),
  )
}

/**
 * The simulator's account in the same shape.
 *
 * @param knowsExperts whether the surface knows the status that Defender Experts set
 */
export function trueIncidents(reports: IncidentReport[], knowsExperts = true): Record<string, unknown> {
  return Object.fromEntries(
    reports.map(({ id, created: _, alertIds, ...rest }) => [
      id,
      {
        ...rest,
        status: knowsExperts || rest.status !== 'awaitingAction' ? rest.status : 'inProgress',
        alertIds: rest.redirectTo === null ? alertIds.toSorted() : [],
      },
    ]),
  )
}
