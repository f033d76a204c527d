import type { Alert, Comment, Defender } from '../microsoft/defender/index.ts'
import { writeIncidentId } from './incident-id.ts'
import type { ActivityView, IncidentDetail, IncidentView } from './model.ts'
import type { IncidentRecord, IncidentRow } from './store.ts'

export function toIncidentView(row: IncidentRow): IncidentView {
  const { tenantId, incidentId, redirectTo } = row
  return {
    id: writeIncidentId(tenantId, incidentId),
    tenantId,
    tenantName: row.tenantName,
    incidentId,
    title: row.title,
    description: row.description,
    severity: row.severity,
    status: row.status,
    assignedTo: row.assignedTo,
    classification: row.classification,
    determination: row.determination,
    tags: row.tags,
    systemTags: row.systemTags,
    products: row.products,
    categories: row.categories,
    techniques: withoutParents(row.techniques),
    alertCount: row.alertCount,
    redirectTo: redirectTo === null ? null : writeIncidentId(tenantId, redirectTo),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
    webUrl: safeUrl(row.webUrl),
  }
}

/**
 * @param merged incidents of the same tenant, see `IncidentDetail`
 * @param readAlert the reader that read the alerts first: what newer versions see in them holds for older rows, too
 */
export function toIncidentDetail(
  record: IncidentRecord,
  merged: { from: string[]; into: string | null },
  readAlert: Defender['readStoredAlert'],
): IncidentDetail {
  const { tenantId } = record
  return {
    ...toIncidentView({ ...record, tenantName: record.tenant.name }),
    comments: record.comments as Comment[],
    alerts:
      record.alertsOf === null
        ? null
        : record.alerts
            .flatMap(({ surface, raw }) => readAlert(tenantId, surface, raw) ?? [])
            .map(withSafeUrl),
    isIncomplete: record.isIncomplete,
    entities: record.entities.map(({ kind, value, label, firstSeenAt, lastSeenAt }) => ({
      kind,
      value,
      label,
      firstSeenAt: firstSeenAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
    })),
    activity: record.activities.map(one => ({
      at: one.at.toISOString(),
      kind: one.kind as ActivityView['kind'],
      source: one.source as ActivityView['source'],
      actor: one.actor,
      changes: one.changes as ActivityView['changes'],
      comment: one.comment,
    })),
    mergedFrom: merged.from.map(id => writeIncidentId(tenantId, id)),
    mergedInto: merged.into === null ? null : writeIncidentId(tenantId, merged.into),
  }
}

function withSafeUrl(alert: Alert): Alert {
  return { ...alert, webUrl: safeUrl(alert.webUrl) }
}

/** `T1003` stands beside `T1003.001` so that both are found; shown is what the alerts say. */
function withoutParents(techniques: string[]): string[] {
  return techniques.filter(one => !techniques.some(other => other.startsWith(`${one}.`)))
}

/** Becomes a link on a page: the service's word for it is not enough. */
function safeUrl(text: string | null): string | null {
  return text !== null && URL.canParse(text) && new URL(text).protocol === 'https:' ? text : null
}
