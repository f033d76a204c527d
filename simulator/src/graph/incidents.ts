import type { Comment, Incident } from '../data/alert-model.ts'
import { classifications, determinations, incidentStatuses, severities } from '../data/members.ts'
import type { Fields } from '../data/odata/fields.ts'
import type { TenantData } from '../data/tenant-data.ts'
import { formatTicksShort } from '../data/ticks.ts'
import { renderAlert } from './alerts.ts'

/** What `$filter` and `$orderby` take on incidents. */
export const incidentFields: Fields<Incident> = {
  assignedTo: { type: 'string', read: incident => incident.assignedTo },
  classification: { type: 'enum', members: classifications, read: incident => incident.classification },
  createdDateTime: { type: 'time', read: incident => incident.created },
  determination: { type: 'enum', members: determinations, read: incident => incident.determination },
  lastUpdateDateTime: { type: 'time', read: incident => incident.lastUpdate },
  severity: { type: 'enum', members: severities, read: incident => incident.severity },
  status: { type: 'enum', members: incidentStatuses, read: incident => incident.status },
}

export type Rendering = {
  /** the client asked for enum members added after `unknownFutureValue` */
  includeUnknown: boolean
  withAlerts: boolean
}

/** An incident as Graph prints it (resource type `security.incident`, v1.0). */
export function renderIncident(
  incident: Incident,
  data: TenantData,
  how: Rendering,
): Record<string, unknown> {
  const { tenantId } = data.profile
  const isNewer = incident.status === 'awaitingAction' && !how.includeUnknown
  return {
    id: String(incident.id),
    tenantId,
    status: isNewer ? 'unknownFutureValue' : incident.status,
    incidentWebUrl: incidentUrl(incident.id, tenantId),
    redirectIncidentId: incident.redirectTo === null ? null : String(incident.redirectTo),
    displayName: incident.name,
    createdDateTime: formatTicksShort(incident.created),
    lastUpdateDateTime: formatTicksShort(incident.lastUpdate),
    assignedTo: incident.assignedTo,
    classification: incident.classification,
    determination: incident.determination,
    severity: incident.severity,
    customTags: incident.customTags,
    systemTags: incident.systemTags,
    description: incident.description,
    summary: incident.summary,
    lastModifiedBy: incident.lastModifiedBy,
    resolvingComment: incident.resolvingComment,
    priorityScore: incident.priorityScore,
    comments: incident.comments.map(renderComment),
    ...(how.withAlerts
      ? {
          alerts: incident.alerts.map(alert =>
            renderAlert({ ...alert, incidentId: incident.id }, data, how.includeUnknown),
          ),
        }
      : {}),
  }
}

export function renderComment(comment: Comment): Record<string, unknown> {
  return {
    comment: comment.comment,
    createdByDisplayName: comment.createdBy,
    createdDateTime: formatTicksShort(comment.created),
  }
}

export function incidentUrl(id: number, tenantId: string): string {
  return `https://security.microsoft.com/incident2/${id}/overview?tid=${tenantId}`
}

export const incidentProperties: readonly string[] = [
  'id',
  'tenantId',
  'status',
  'incidentWebUrl',
  'redirectIncidentId',
  'displayName',
  'createdDateTime',
  'lastUpdateDateTime',
  'assignedTo',
  'classification',
  'determination',
  'severity',
  'customTags',
  'systemTags',
  'description',
  'summary',
  'lastModifiedBy',
  'resolvingComment',
  'priorityScore',
  'comments',
]
