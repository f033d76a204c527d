import { z } from 'zod'
import { type Device, type DeviceUser, deviceWebUrl } from '../devices/model.ts'
import { camelCase } from '../wire/members.ts'
import { elements, flag, id, optionalId, optionalTime, text, texts } from '../wire/wire.ts'

/** Defender for Endpoint's machine. */
export const machine = z.object({
  id,
  computerDnsName: text,
  firstSeen: optionalTime,
  lastSeen: optionalTime,
  osPlatform: text,
  version: text,
  osBuild: optionalId,
  osArchitecture: text,
  healthStatus: text,
  onboardingStatus: text,
  riskScore: text,
  exposureLevel: text,
  deviceValue: text,
  rbacGroupName: text,
  isAadJoined: flag,
  aadDeviceId: text,
  machineTags: texts,
  lastIpAddress: text,
  lastExternalIpAddress: text,
  ipAddresses: elements(z.object({ ipAddress: text, macAddress: text, operationalStatus: text, type: text })),
  agentVersion: text,
  managedBy: text,
  defenderAvStatus: text,
  mergedIntoMachineId: text,
  isExcluded: flag,
})

/** @see Defender for Endpoint, "Machine resource type" */
export function readDevice(wire: z.output<typeof machine>, tenantId: string, portalOrigin: string): Device {
  const name = (member: string | null) => member && camelCase(member)
  return {
    tenantId,
    source: 'endpoint',
    id: wire.id.toLowerCase(),
    name: wire.computerDnsName ?? wire.id,
    firstSeenAt: wire.firstSeen,
    lastSeenAt: wire.lastSeen,
    osPlatform: wire.osPlatform,
    osVersion: wire.version,
    osBuild: wire.osBuild,
    osArchitecture: wire.osArchitecture,
    health: name(wire.healthStatus),
    onboarding: name(wire.onboardingStatus),
    risk: name(wire.riskScore),
    exposure: name(wire.exposureLevel),
    value: name(wire.deviceValue),
    group: wire.rbacGroupName,
    deviceType: null,
    model: null,
    isInternetFacing: null,
    isIsolated: null,
    isEntraJoined: wire.isAadJoined,
    entraDeviceId: wire.aadDeviceId,
    tags: wire.machineTags,
    lastIpAddress: wire.lastIpAddress,
    lastExternalIpAddress: wire.lastExternalIpAddress,
    ipAddresses: (wire.ipAddresses ?? []).flatMap(({ ipAddress, macAddress, operationalStatus, type }) =>
      ipAddress === null || type === 'SoftwareLoopback'
        ? []
        : [{ address: ipAddress, macAddress, status: name(operationalStatus) }],
    ),
    agentVersion: wire.agentVersion,
    managedBy: wire.managedBy,
    antivirus: name(wire.defenderAvStatus),
    mergedInto: wire.mergedIntoMachineId,
    isExcluded: wire.isExcluded ?? false,
    webUrl: deviceWebUrl(portalOrigin, wire.id.toLowerCase(), tenantId),
  }
}

/** An element of `logonusers`. */
export const logonUser = z.object({
  id: text,
  accountName: text,
  accountDomain: text,
  accountSid: text,
  firstSeen: optionalTime,
  lastSeen: optionalTime,
  logonTypes: text,
  isDomainAdmin: flag,
  isOnlyNetworkUser: flag,
})

/** @see Defender for Endpoint, "Get machine logon users API" */
export function readDeviceUser(wire: z.output<typeof logonUser>): DeviceUser {
  // The id is `domain\name`, and all that some answers have.
  const [domain = '', account = ''] = (wire.id ?? '').split('\\')
  return {
    account: wire.accountName ?? (account || domain || 'unnamed user'),
    domain: wire.accountDomain ?? (account ? domain : null),
    sid: wire.accountSid,
    firstSeenAt: wire.firstSeen,
    lastSeenAt: wire.lastSeen,
    logonTypes: wire.logonTypes,
    isDomainAdmin: wire.isDomainAdmin ?? false,
    isOnlyNetworkUser: wire.isOnlyNetworkUser ?? false,
  }
}
