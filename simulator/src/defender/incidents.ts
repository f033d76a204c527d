import type { Alert, Incident } from '../data/alert-model.ts'
import type { Device } from '../data/devices.ts'
import { incidentStatuses } from '../data/members.ts'
import { pascal } from '../data/names.ts'
import type { Fields } from '../data/odata/fields.ts'
import { formatTicksShort } from '../data/ticks.ts'
import { renderEntity } from './entities.ts'
import { alertDetermination, detectionSourceName, incidentDetermination, serviceSourceName } from './names.ts'

/** What `$filter` takes on Defender XDR's incidents. */
export const incidentFields: Fields<Incident> = {
  lastUpdateTime: { type: 'time', read: incident => incident.lastUpdate },
  createdTime: { type: 'time', read: incident => incident.created },
  status: { type: 'enum', members: incidentStatuses, read: incident => incident.status },
  assignedTo: { type: 'string', read: incident => incident.assignedTo },
}

/** An incident as Defender XDR prints it: alerts, their devices and entities come along. */
export function renderIncident(incident: Incident): Record<string, unknown> {
  return {
    incidentId: incident.id,
    redirectIncidentId: incident.redirectTo,
    incidentName: incident.name,
    createdTime: formatTicksShort(incident.created),
    lastUpdateTime: formatTicksShort(incident.lastUpdate),
    assignedTo: incident.assignedTo,
    classification: pascal(incident.classification),
    determination: incidentDetermination(incident.determination),
    // This API has no word for what only Defender Experts set.
    status: incident.status === 'awaitingAction' ? 'InProgress' : pascal(incident.status),
    severity: pascal(incident.severity),
    tags: incident.customTags,
    comments: incident.comments.map(({ comment, createdBy, created }) => ({
      comment,
      createdBy,
      createdTime: formatTicksShort(created),
    })),
    alerts: incident.alerts.map(alert => renderAlert(alert, incident.id)),
  }
}

function renderAlert(alert: Alert, incidentId: number): Record<string, unknown> {
  const devices = alert.evidence.flatMap(one => (one.kind === 'device' ? [one.device] : []))
  return {
    alertId: alert.id,
    incidentId,
    serviceSource: serviceSourceName(alert.serviceSource),
    creationTime: formatTicksShort(alert.created),
    lastUpdatedTime: formatTicksShort(alert.lastUpdate),
    resolvedTime: alert.resolved === null ? null : formatTicksShort(alert.resolved),
    firstActivity: formatTicksShort(alert.firstActivity),
    lastActivity: formatTicksShort(alert.lastActivity),
    title: alert.title,
    description: alert.description,
    category: alert.category,
    status: pascal(alert.status),
    severity: pascal(alert.severity),
    investigationId: alert.investigationId,
    investigationState: pascal(alert.investigationState),
    classification: alert.classification === null ? null : pascal(alert.classification),
    determination: alertDetermination(alert.determination),
    detectionSource: detectionSourceName(alert.detectionSource),
    detectorId: alert.detectorId,
    assignedTo: alert.assignedTo,
    actorName: alert.actor,
    threatFamilyName: alert.threatFamily,
    mitreTechniques: alert.techniques,
    devices: devices.map(renderDevice),
    entities: alert.evidence.flatMap(one => renderEntity(one, formatTicksShort)),
  }
}

function renderDevice(device: Device): Record<string, unknown> {
  return {
    mdatpDeviceId: device.id,
    aadDeviceId: device.isAadJoined ? device.aadDeviceId : null,
    deviceDnsName: device.dnsName,
    osPlatform: device.os.platform,
    version: device.os.version,
    osProcessor: 'x64',
    osBuild: device.os.build,
    healthStatus: pascal(device.health),
    riskScore: pascal(device.risk),
    rbacGroupName: device.groupName,
    rbacGroupId: device.groupId,
    firstSeen: formatTicksShort(device.firstSeen),
    tags: device.tags,
    defenderAvStatus: pascal(device.av),
    onboardingStatus: pascal(device.onboarding),
    vmMetadata: null,
    loggedOnUsers: [{ accountName: device.owner.name, domainName: device.owner.domain }],
  }
}
