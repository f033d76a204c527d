import {
  alertStatuses,
  classifications,
  determinations,
  serviceSources,
  severities,
} from '../data/members.ts'
import type { Fields } from '../data/odata/fields.ts'
import { productName } from '../data/tables/alert-rows.ts'
import type { AlertOfIncident, TenantData } from '../data/tenant-data.ts'
import { formatTicksShort } from '../data/ticks.ts'
import { renderEvidence } from './evidence.ts'
import { incidentUrl, renderComment } from './incidents.ts'

/** What `$filter` and `$orderby` take on alerts_v2; live tenants refuse anything else. */
export const alertFields: Fields<AlertOfIncident> = {
  assignedTo: { type: 'string', read: alert => alert.assignedTo },
  classification: { type: 'enum', members: classifications, read: alert => alert.classification },
  determination: { type: 'enum', members: determinations, read: alert => alert.determination },
  createdDateTime: { type: 'time', read: alert => alert.created },
  lastUpdateDateTime: { type: 'time', read: alert => alert.lastUpdate },
  severity: { type: 'enum', members: severities, read: alert => alert.severity },
  serviceSource: { type: 'enum', members: serviceSources, read: alert => alert.serviceSource },
  status: { type: 'enum', members: ['unknown', ...alertStatuses], read: alert => alert.status },
}

/** Members added to the enums after `unknownFutureValue`, hidden unless the client asks. */
const newerMembers = new Set<string>(['microsoftSentinel', 'scheduledAlerts'])

/** An alert as Graph prints it (resource type `security.alert`, v1.0). */
export function renderAlert(
  alert: AlertOfIncident,
  data: TenantData,
  includeUnknown: boolean,
): Record<string, unknown> {
  const { tenantId } = data.profile
  const evolvable = (member: string) =>
    !includeUnknown && newerMembers.has(member) ? 'unknownFutureValue' : member
  return {
    id: alert.id,
    providerAlertId: alert.id.slice(2),
    incidentId: String(alert.incidentId),
    status: alert.status,
    severity: alert.severity,
    classification: alert.classification,
    determination: alert.determination,
    serviceSource: evolvable(alert.serviceSource),
    detectionSource: evolvable(alert.detectionSource),
    detectorId: alert.detectorId,
    productName: productName(alert.serviceSource),
    tenantId,
    title: alert.title,
    description: alert.description,
    recommendedActions: alert.recommendedActions,
    category: alert.category,
    categories: [alert.category],
    assignedTo: alert.assignedTo,
    alertWebUrl: `https://security.microsoft.com/alerts/${alert.id}?tid=${tenantId}`,
    incidentWebUrl: incidentUrl(alert.incidentId, tenantId),
    actorDisplayName: alert.actor,
    threatDisplayName: alert.threatName,
    threatFamilyName: alert.threatFamily,
    mitreTechniques: alert.techniques,
    createdDateTime: formatTicksShort(alert.created),
    lastUpdateDateTime: formatTicksShort(alert.lastUpdate),
    resolvedDateTime: alert.resolved === null ? null : formatTicksShort(alert.resolved),
    firstActivityDateTime: formatTicksShort(alert.firstActivity),
    lastActivityDateTime: formatTicksShort(alert.lastActivity),
    systemTags: [],
    alertPolicyId: null,
    investigationState: alert.investigationState,
    additionalData: null,
    customDetails: null,
    comments: alert.comments.map(renderComment),
    evidence: alert.evidence.map(one => renderEvidence(one, alert, data)),
  }
}
