import type { Failure } from '../../../errors.ts'
import type { WholeList } from '../model.ts'

/**
 * Where a device was read. `hunting`: the newest row of Microsoft Graph's
 * DeviceInfo table. `endpoint`: Defender for Endpoint's own API. `both`:
 * hunting, completed by what only that API knows.
 */
export type DeviceSource = 'hunting' | 'endpoint' | 'both'

/** A device as Defender knows it; null is what the source does not tell. */
export type Device = {
  tenantId: string
  source: DeviceSource
  /** 40 hex digits, lower case; the same id in alerts and in hunting tables. */
  id: string
  /** DNS name. */
  name: string
  /** ISO 8601 UTC. Hunting does not tell it. */
  firstSeenAt: string | null
  /** The last report: about hourly in hunting, about daily on Endpoint's API; not what the portal shows as last seen. */
  lastSeenAt: string | null
  osPlatform: string | null
  osVersion: string | null
  osBuild: string | null
  osArchitecture: string | null
  /** `active`, `inactive`, `impairedCommunication`, `noSensorData`, … */
  health: string | null
  /** `onboarded`, `canBeOnboarded`, `unsupported`, `insufficientInfo`; in hunting as of the last report. */
  onboarding: string | null
  /** `none`, `informational`, `low`, `medium`, `high`. Hunting does not tell it. */
  risk: string | null
  exposure: string | null
  /** `normal`, `low`, `high` */
  value: string | null
  group: string | null
  /** `workstation`, `server`, … Only hunting tells it, and so the two below. */
  deviceType: string | null
  /** Vendor and model. */
  model: string | null
  isInternetFacing: boolean | null
  /** Cut off from the network, as of the last report; the device's actions tell it as of now. */
  isIsolated: boolean | null
  isEntraJoined: boolean | null
  entraDeviceId: string | null
  tags: string[]
  lastIpAddress: string | null
  lastExternalIpAddress: string | null
  ipAddresses: { address: string; macAddress: string | null; status: string | null }[]
  agentVersion: string | null
  managedBy: string | null
  antivirus: string | null
  /** Another record describes the same device; this one must not be counted. */
  mergedInto: string | null
  isExcluded: boolean
  /** Page in the Defender portal. */
  webUrl: string
}

export function deviceWebUrl(portalOrigin: string, deviceId: string, tenantId: string): string {
  return `${portalOrigin}/machines/v2/${encodeURIComponent(deviceId)}?tid=${tenantId}`
}

/** Somebody who signed in on a device. */
export type DeviceUser = {
  account: string
  domain: string | null
  sid: string | null
  firstSeenAt: string | null
  lastSeenAt: string | null
  logonTypes: string | null
  /** Hunting does not tell it. */
  isDomainAdmin: boolean | null
  isOnlyNetworkUser: boolean | null
}

export type DeviceFilter = {
  /** Beginning of the DNS name, a whole IP address, or a device id. */
  search?: string
  /** In camelCase: `high`. Only Endpoint's API knows it. */
  riskScore?: string
  /** In camelCase: `impairedCommunication` */
  healthStatus?: string
  /** As the service spells it: `Windows11` */
  osPlatform?: string
}

/** What was found, where, and why the other source did not take part: null when it did, or was not granted. */
export type Sourced<T> = WholeList<T> & { source: DeviceSource; failure: Failure | null }

export type DevicePage = Sourced<Device> & {
  nextCursor: string | null
  /** When the service was asked, ISO 8601 UTC: an answer is kept for a minute. */
  readAt: string
}

/** What can be asked of a device here. */
export type DeviceActionType = 'isolate' | 'release' | 'scan' | 'collect'

type DeviceActionStatus = 'pending' | 'in_progress' | 'succeeded' | 'failed' | 'timed_out' | 'canceled'

/** An action as Defender for Endpoint tells of it, whoever asked for it. */
export type DeviceActionState = {
  /** GUID */
  id: string
  /** One of ours, or the service's own name in camelCase, such as `restrictCodeExecution`. */
  type: DeviceActionType | (string & {})
  status: DeviceActionStatus | (string & {})
  /** `full`, `selective`, `quick` */
  scope: string | null
  deviceId: string
  deviceName: string | null
  comment: string | null
  /** For an application, its display name. */
  requestedBy: string | null
  /** `publicApi`, `portal` */
  source: string | null
  createdAt: string
  updatedAt: string
  canceledBy: string | null
  cancelComment: string | null
  /** What went wrong on the device, in the service's words. */
  trouble: string | null
}

export type DeviceActionRequest = {
  type: DeviceActionType
  /** Required by the service; shown to the customer in its portal. */
  comment: string
  /** Default `full`: everything but the connection to Defender. */
  isolation?: 'full' | 'selective'
  /** Default `quick`. */
  scan?: 'quick' | 'full'
}

/** Ended, one way or the other. */
export function isFinal(status: string): boolean {
  return ['succeeded', 'failed', 'timed_out', 'canceled'].includes(status)
}
