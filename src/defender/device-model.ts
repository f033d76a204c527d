/** A device as Defender for Endpoint knows it. */
export type Device = {
  tenantId: string
  /** 40 hex digits, lower case; the same id in alerts and in hunting tables. */
  id: string
  /** DNS name. */
  name: string
  /** ISO 8601 UTC. */
  firstSeenAt: string | null
  /** The last full report, about daily: not what the portal shows as last seen. */
  lastSeenAt: string | null
  osPlatform: string | null
  osVersion: string | null
  osBuild: string | null
  osArchitecture: string | null
  /** `active`, `inactive`, `impairedCommunication`, `noSensorData`, … */
  health: string | null
  /** `onboarded`, `canBeOnboarded`, `unsupported`, `insufficientInfo` */
  onboarding: string | null
  /** `none`, `informational`, `low`, `medium`, `high` */
  risk: string | null
  exposure: string | null
  /** `normal`, `low`, `high` */
  value: string | null
  group: string | null
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
}

/** Somebody who signed in on a device. */
export type DeviceUser = {
  account: string
  domain: string | null
  sid: string | null
  firstSeenAt: string | null
  lastSeenAt: string | null
  logonTypes: string | null
  isDomainAdmin: boolean
  isOnlyNetworkUser: boolean
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
