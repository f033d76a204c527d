import type { Surface } from '../clouds/clouds.ts'
import type { RemoteFailure } from '../errors.ts'
import { type Alerts, createAlertCalls } from './alerts.ts'
import { type CallParts, createCallSurface } from './call.ts'
import { createDeviceActionCalls, type DeviceActions } from './endpoint/actions.ts'
import { createDeviceCalls, type Devices } from './endpoint/devices.ts'
import { type HuntAnswer, type HuntRequest, hunt } from './hunt.ts'
import { createIncidentCalls, type Incidents } from './incidents.ts'
import { prepareHunt } from './prepare-hunt.ts'
import { probe } from './probe.ts'

export type { OnOutcome } from './call.ts'
export {
  type Device,
  type DeviceActionState,
  type DeviceActionType,
  type DeviceUser,
  isFinal,
} from './device-model.ts'
export { capabilityOfAction } from './endpoint/actions.ts'
export type { DeviceFilter } from './endpoint/devices.ts'
export type { HuntAnswer, HuntRequest } from './hunt.ts'
export { checkIncidentChange } from './incident-change.ts'
export type { ListOptions } from './incidents.ts'
export type {
  Alert,
  Comment,
  Evidence,
  Incident,
  IncidentChange,
} from './model.ts'

/**
 * The Defender APIs of customer tenants behind one interface. `roles` is
 * always the tenant's granted roles (`surface:Role`); they decide which
 * surface is asked, and values come out the same whichever it was. Every
 * function throws AppError `role_missing` when no granted role opens it, and
 * RemoteError when the service refuses or fails.
 */
export type Defender = Incidents &
  Alerts &
  Devices &
  DeviceActions & {
    /** Runs KQL in one tenant; hunting/ reads the text. */
    hunt(tenantId: string, roles: readonly string[], request: HuntRequest): Promise<HuntAnswer>
    /** Gets the token for a hunt ahead, so that the hunt begins at once. */
    prepareHunt(tenantId: string, roles: readonly string[], signal?: AbortSignal): Promise<void>
    /** One small live call for verification; null when the surface answered. Its outcome is not reported. */
    probe(tenantId: string, surface: Surface, roles: readonly string[]): Promise<RemoteFailure | null>
  }

export function createDefender(parts: CallParts): Defender {
  const call = createCallSurface(parts)
  // Whoever probes writes the tenant's state from it; reporting it as well would ask for another check.
  const quietCall = createCallSurface({ ...parts, onOutcome: () => {} })
  const { portalOrigin } = parts.endpoints.cloud

  return {
    ...createIncidentCalls(call, portalOrigin),
    ...createAlertCalls(call, portalOrigin),
    ...createDeviceCalls(call, portalOrigin),
    ...createDeviceActionCalls(call),
    hunt: (tenantId, roles, request) => hunt(call, tenantId, roles, request),
    prepareHunt: (tenantId, roles, signal) => prepareHunt(parts, tenantId, roles, signal),
    probe: (tenantId, surface, roles) => probe(quietCall, tenantId, surface, roles),
  }
}
