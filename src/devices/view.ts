import { type Failure, readStoredFailure } from '../errors.ts'
import type {
  Device,
  DeviceActionState,
  DeviceActionType,
  DeviceSource,
} from '../microsoft/defender/index.ts'
import { undoOf } from './isolation.ts'
import type { DeviceActionRecord } from './store.ts'

/** A device in the JSON API; times are ISO 8601 UTC, enum values camelCase, null is what the source does not tell. */
export type DeviceView = {
  deviceId: string
  source: DeviceSource
  tenantId: string
  tenantName: string
  name: string
  osPlatform: string | null
  osVersion: string | null
  osBuild: string | null
  health: string | null
  onboarding: string | null
  risk: string | null
  exposure: string | null
  value: string | null
  group: string | null
  tags: string[]
  lastIpAddress: string | null
  lastExternalIpAddress: string | null
  ipAddresses: Device['ipAddresses']
  deviceType: string | null
  model: string | null
  isInternetFacing: boolean | null
  isIsolated: boolean | null
  entraDeviceId: string | null
  isEntraJoined: boolean | null
  antivirus: string | null
  agentVersion: string | null
  managedBy: string | null
  firstSeenAt: string | null
  lastSeenAt: string | null
  /** Set when another record describes the same device. */
  mergedInto: string | null
  webUrl: string
}

export function toDeviceView(device: Device, tenantName: string): DeviceView {
  const { id, osArchitecture: _, isExcluded: __, ...rest } = device
  return { deviceId: id, tenantName, ...rest }
}

/** A device action in the JSON API, whoever asked for it. */
export type DeviceActionView = {
  /** Ours; null for an action that was asked for elsewhere. */
  id: string | null
  /** The service's; null as long as it is not known to have taken the action up. */
  remoteId: string | null
  tenantId: string
  deviceId: string
  deviceName: string
  /** `isolate`, `release`, `scan`, `collect`, or the service's own name for others */
  type: string
  /** `requested`, `pending`, `in_progress`, `succeeded`, `failed`, `timed_out`, `canceled`, `unknown` */
  status: string
  scope: string | null
  comment: string
  requestedBy: string
  /** Where it was asked for. */
  source: 'tenantry' | 'elsewhere'
  createdAt: string
  updatedAt: string
  finishedAt: string | null
  error: Failure | null
  /** The action that would take this one back. */
  undo: DeviceActionType | null
}

/** @param state what the service says of it, when it was just asked */
export function toDeviceActionView(
  action: DeviceActionRecord,
  state: DeviceActionState | null = null,
): DeviceActionView {
  const status = state?.status ?? action.status
  return {
    id: action.id,
    remoteId: action.remoteId,
    tenantId: action.tenantId,
    deviceId: action.deviceId,
    deviceName: action.deviceName,
    type: action.type,
    status,
    scope: state?.scope ?? null,
    comment: action.comment,
    requestedBy: action.requestedBy,
    source: 'tenantry',
    createdAt: action.createdAt.toISOString(),
    updatedAt: state?.updatedAt ?? action.updatedAt.toISOString(),
    finishedAt: action.finishedAt?.toISOString() ?? null,
    error: readStoredFailure(action.error),
    undo: undoOf({ type: action.type, status }),
  }
}

/** An action that was asked for in Microsoft's portal or by another program. */
export function toForeignActionView(state: DeviceActionState, tenantId: string): DeviceActionView {
  return {
    id: null,
    remoteId: state.id,
    tenantId,
    deviceId: state.deviceId,
    deviceName: state.deviceName ?? state.deviceId,
    type: state.type,
    status: state.status,
    scope: state.scope,
    comment: state.comment ?? '',
    requestedBy: state.requestedBy ?? 'somebody',
    source: 'elsewhere',
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    finishedAt: null,
    error: null,
    undo: undoOf(state),
  }
}
