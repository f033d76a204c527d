import { z } from 'zod'
import type { Alert, Evidence } from '../model.ts'
import { evidenceFacts, firstOf, userTitle } from '../wire/evidence-facts.ts'
import { camelCase, sourceName } from '../wire/members.ts'
import { alertFields, readAlertFields } from '../wire/read-alert.ts'
import { entity, readEntity } from '../wire/read-entity.ts'
import { elements, exactTime, id, optionalId, optionalTime, text } from '../wire/wire.ts'

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
  loggedOnUsers: elements(z.object({ accountName: text, domainName: text })),
})

/** An alert as Defender XDR embeds it in its incident. */
export const xdrAlert = z.object({
  alertId: id,
  ...alertFields,
  serviceSource: text,
  creationTime: exactTime,
  lastUpdatedTime: exactTime,
  resolvedTime: optionalTime,
  firstActivity: optionalTime,
  lastActivity: optionalTime,
  actorName: text,
  devices: elements(device),
  entities: elements(entity),
})

/** @see Defender XDR, "List incidents API", alert metadata */
export function readXdrAlert(wire: z.output<typeof xdrAlert>, tenantId: string, portalOrigin: string): Alert {
  return {
    ...readAlertFields(wire),
    tenantId,
    id: wire.alertId,
    recommendedActions: null,
    serviceSource: sourceName(wire.serviceSource),
    threatName: null,
    actorName: wire.actorName,
    createdAt: wire.creationTime.iso,
    updatedAt: wire.lastUpdatedTime.iso,
    resolvedAt: wire.resolvedTime,
    firstActivityAt: wire.firstActivity,
    lastActivityAt: wire.lastActivity,
    comments: [],
    evidence: [...(wire.devices ?? []).map(readDevice), ...(wire.entities ?? []).map(readEntity)],
    webUrl: `${portalOrigin}/alerts/${encodeURIComponent(wire.alertId)}?tid=${tenantId}`,
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
    facts: evidenceFacts({
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
