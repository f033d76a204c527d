import type { Evidence } from '../data/alert-model.ts'
import { alertStatuses } from '../data/members.ts'
import { pascal } from '../data/names.ts'
import type { Fields } from '../data/odata/fields.ts'
import type { AlertOfIncident, TenantData } from '../data/tenant-data.ts'
import { formatTicksShort } from '../data/ticks.ts'
import { entityFields } from '../defender/entities.ts'
import { alertDetermination, detectionSourceName } from '../defender/names.ts'

const severities = ['UnSpecified', 'Informational', 'Low', 'Medium', 'High']

/** What `$filter` takes on alerts. */
export const alertFields: Fields<AlertOfIncident> = {
  alertCreationTime: { type: 'time', read: alert => alert.created },
  lastUpdateTime: { type: 'time', read: alert => alert.lastUpdate },
  incidentId: { type: 'number', read: alert => alert.incidentId },
  investigationId: { type: 'number', read: alert => alert.investigationId },
  id: { type: 'string', read: alert => alert.id },
  assignedTo: { type: 'string', read: alert => alert.assignedTo },
  detectionSource: { type: 'string', read: alert => detectionSourceName(alert.detectionSource) },
  lastEventTime: { type: 'time', read: alert => alert.lastActivity },
  status: { type: 'enum', members: ['unknown', ...alertStatuses], read: alert => alert.status },
  severity: { type: 'enum', members: severities, read: alert => alert.severity },
  category: { type: 'string', read: alert => alert.category },
}

/** Alerts of Defender for Endpoint itself, newest first: other products' are on Graph and Defender XDR only. */
export function listAlerts(data: TenantData): AlertOfIncident[] {
  return data.alerts().filter(alert => alert.serviceSource === 'microsoftDefenderForEndpoint')
}

export function alertsOfMachine(data: TenantData, machineId: string): AlertOfIncident[] {
  return listAlerts(data).filter(alert =>
    alert.evidence.some(one => one.kind === 'device' && one.device.id === machineId),
  )
}

/**
 * An alert as Defender for Endpoint prints it.
 *
 * @param withEvidence lists leave it empty unless it is expanded
 */
export function renderAlert(
  alert: AlertOfIncident,
  data: TenantData,
  withEvidence: boolean,
): Record<string, unknown> {
  const device = alert.evidence.find(one => one.kind === 'device')?.device
  const user = alert.evidence.find(one => one.kind === 'user')?.account
  return {
    id: alert.id,
    incidentId: alert.incidentId,
    investigationId: alert.investigationId,
    assignedTo: alert.assignedTo,
    severity: pascal(alert.severity),
    status: pascal(alert.status),
    classification: alert.classification === null ? null : pascal(alert.classification),
    determination: alertDetermination(alert.determination),
    investigationState: pascal(alert.investigationState),
    detectionSource: detectionSourceName(alert.detectionSource),
    detectorId: alert.detectorId,
    category: alert.category,
    threatFamilyName: alert.threatFamily,
    title: alert.title,
    description: alert.description,
    alertCreationTime: formatTicksShort(alert.created),
    firstEventTime: formatTicksShort(alert.firstActivity),
    lastEventTime: formatTicksShort(alert.lastActivity),
    lastUpdateTime: formatTicksShort(alert.lastUpdate),
    resolvedTime: alert.resolved === null ? null : formatTicksShort(alert.resolved),
    machineId: device?.id ?? null,
    computerDnsName: device?.dnsName ?? null,
    rbacGroupName: device?.groupName ?? null,
    aadTenantId: data.profile.tenantId,
    threatName: alert.threatName,
    mitreTechniques: alert.techniques,
    relatedUser: user ? { userName: user.name, domainName: user.domain } : null,
    comments: alert.comments.map(({ comment, createdBy, created }) => ({
      comment,
      createdBy,
      createdTime: formatTicksShort(created),
    })),
    evidence: withEvidence ? alert.evidence.flatMap(one => renderEvidence(one, alert)) : [],
  }
}

const blank = {
  entityType: '',
  evidenceCreationTime: '',
  sha1: null,
  sha256: null,
  fileName: null,
  filePath: null,
  processId: null,
  processCommandLine: null,
  processCreationTime: null,
  parentProcessId: null,
  parentProcessCreationTime: null,
  parentProcessFileName: null,
  parentProcessFilePath: null,
  ipAddress: null,
  url: null,
  registryKey: null,
  registryHive: null,
  registryValueType: null,
  registryValue: null,
  registryValueName: null,
  accountName: null,
  domainName: null,
  userSid: null,
  aadUserId: null,
  userPrincipalName: null,
  detectionStatus: null,
}

function renderEvidence(one: Evidence, alert: AlertOfIncident): Record<string, unknown>[] {
  const fields = kinds.has(one.kind) ? entityFields(one, formatTicksShort) : null
  if (!fields) return []
  const { deviceId: _, ...own } = fields
  return [{ ...blank, evidenceCreationTime: formatTicksShort(alert.created), ...own, ...ofEndpointOnly(one) }]
}

/** Mail is no matter of this API. */
const kinds = new Set<Evidence['kind']>(['user', 'process', 'file', 'ip', 'url', 'registry'])

function ofEndpointOnly(one: Evidence): Record<string, unknown> {
  switch (one.kind) {
    case 'process':
      return {
        parentProcessFileName: one.process.parent?.image.name ?? null,
        parentProcessFilePath: one.process.parent?.image.folder ?? null,
        detectionStatus: 'Detected',
      }
    case 'file':
      return { detectionStatus: one.remediation === 'prevented' ? 'Prevented' : 'Detected' }
    case 'registry':
      return { registryValueName: one.name }
    default:
      return {}
  }
}
