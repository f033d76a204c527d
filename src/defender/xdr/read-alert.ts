import { z } from 'zod'
import { facts, firstOf, userTitle } from '../facts.ts'
import {
  alertStatuses,
  camelCase,
  classifications,
  createNameReader,
  determinations,
  severities,
  sourceName,
} from '../members.ts'
import type { Alert, Evidence } from '../model.ts'
import { entity, readEntity } from '../read-entity.ts'
import { exactTime, id, optionalId, optionalTime, text, texts } from '../wire.ts'

const device = z.object({
  // The field table of the page says DeviceId; every example and live answers say mdatpDeviceId.
  mdatpDeviceId: text,
  deviceId: text,
  aadDeviceId: text,
  deviceDnsName: text,
  osPlatform: text,
  osBuild: optionalId,
  version: text,
  healthStatus: text,
  riskScore: text,
  rbacGroupName: text,
  onboardingStatus: text,
  defenderAvStatus: text,
  loggedOnUsers: z.array(z.object({ accountName: text, domainName: text })).nullish(),
})

/** An alert as Defender XDR embeds it in its incident. */
export const xdrAlert = z.object({
  alertId: id,
  incidentId: optionalId,
  serviceSource: text,
  creationTime: exactTime,
  lastUpdatedTime: exactTime,
  resolvedTime: optionalTime,
  firstActivity: optionalTime,
  lastActivity: optionalTime,
  title: text,
  description: text,
  category: text,
  status: text,
  severity: text,
  investigationState: text,
  classification: text,
  determination: text,
  detectionSource: text,
  assignedTo: text,
  actorName: text,
  threatFamilyName: text,
  mitreTechniques: texts,
  devices: z.array(device).nullish(),
  entities: z.array(entity).nullish(),
})

/** @see Defender XDR, "List incidents API", alert metadata */
export function readXdrAlert(wire: z.output<typeof xdrAlert>, tenantId: string, portalOrigin: string): Alert {
  const names = createNameReader()
  return {
    tenantId,
    id: wire.alertId,
    incidentId: wire.incidentId,
    title: wire.title ?? 'Untitled alert',
    description: wire.description,
    recommendedActions: null,
    status: names.read('status', wire.status, alertStatuses, 'unknown'),
    severity: names.read('severity', wire.severity, severities, 'unknown'),
    classification: names.read('classification', wire.classification, classifications, 'unknown'),
    determination: names.read('determination', wire.determination, determinations, 'unknown'),
    categories: wire.category === null ? [] : [wire.category],
    mitreTechniques: wire.mitreTechniques,
    serviceSource: sourceName(wire.serviceSource),
    detectionSource: sourceName(wire.detectionSource),
    investigationState: wire.investigationState && camelCase(wire.investigationState),
    threatName: null,
    threatFamily: wire.threatFamilyName,
    actorName: wire.actorName,
    assignedTo: wire.assignedTo,
    createdAt: wire.creationTime.iso,
    updatedAt: wire.lastUpdatedTime.iso,
    resolvedAt: wire.resolvedTime,
    firstActivityAt: wire.firstActivity,
    lastActivityAt: wire.lastActivity,
    comments: [],
    evidence: [...(wire.devices ?? []).map(readDevice), ...(wire.entities ?? []).map(readEntity)],
    webUrl: `${portalOrigin}/alerts/${encodeURIComponent(wire.alertId)}?tid=${tenantId}`,
    unfamiliar: names.unfamiliar,
    surface: 'defender',
  }
}

function readDevice(wire: z.output<typeof device>): Evidence {
  const deviceId = (wire.mdatpDeviceId ?? wire.deviceId)?.toLowerCase() ?? null
  return {
    kind: 'device',
    type: 'device',
    title: firstOf(wire.deviceDnsName, 'unnamed device'),
    verdict: null,
    remediation: null,
    roles: [],
    facts: facts({
      osPlatform: wire.osPlatform,
      osVersion: wire.version,
      osBuild: wire.osBuild,
      health: wire.healthStatus && camelCase(wire.healthStatus),
      risk: wire.riskScore && camelCase(wire.riskScore),
      group: wire.rbacGroupName,
      onboarding: wire.onboardingStatus && camelCase(wire.onboardingStatus),
      antivirus: wire.defenderAvStatus && camelCase(wire.defenderAvStatus),
      entraDeviceId: wire.aadDeviceId,
      loggedOnUsers: (wire.loggedOnUsers ?? []).map(({ accountName, domainName }) =>
        userTitle({ domain: domainName, account: accountName }),
      ),
    }),
    deviceId,
  }
}
