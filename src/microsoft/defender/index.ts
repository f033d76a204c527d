import { createBaseChoice } from './base-choice.ts'
import { type CallDeps, createCallSurface } from './call.ts'
import { createDeviceCalls, type Devices } from './devices/devices.ts'
import { createDeviceActionCalls, type DeviceActions } from './endpoint/actions.ts'
import { createHuntCalls, type Hunting } from './hunting/hunt.ts'
import { type Alerts, createAlertCalls } from './incidents/alerts.ts'
import { createIncidentCalls, type Incidents } from './incidents/incidents.ts'
import { createStoredAlertReader, type ReadStoredAlert } from './incidents/stored-alert.ts'
import { createProbe, type Probing } from './probe.ts'
import { createIncidentSync, type IncidentSync } from './sync/index.ts'

export type { OnOutcome } from './call.ts'
export { requireCapability } from './choose-surface.ts'
export {
  type Device,
  type DeviceActionState,
  type DeviceActionType,
  type DeviceFilter,
  type DeviceSource,
  type DeviceUser,
  isFinal,
  type Sourced,
} from './devices/model.ts'
export { capabilityOfAction } from './endpoint/actions.ts'
export type { HuntAnswer, HuntCall, Hunting } from './hunting/hunt.ts'
export { checkIncidentChange, fittingDeterminations } from './incidents/incident-change.ts'
export type {
  Alert,
  Classification,
  Comment,
  Determination,
  Evidence,
  Incident,
  IncidentChange,
  WholeList,
} from './model.ts'
export type { IncidentSync } from './sync/index.ts'
export { exactTimeOf, type IncidentSpan, type SyncedIncident, type SyncPage } from './sync/model.ts'
export { classifications, determinations, incidentStatuses, severities } from './wire/members.ts'

/**
 * The Defender APIs of customer tenants behind one interface. `roles` is
 * always the tenant's granted roles (`surface:Role`); they decide which
 * surface is asked, and values come out the same whichever it was. Every
 * function throws RemoteError: `role_missing` when no granted role opens it,
 * else what the service refused or failed with.
 */
export type Defender = Hunting &
  Incidents &
  IncidentSync &
  Alerts &
  Devices &
  DeviceActions &
  Probing & { readStoredAlert: ReadStoredAlert }

export function createDefender(deps: CallDeps): Defender {
  const baseChoice = createBaseChoice()
  const call = createCallSurface({ ...deps, baseChoice })
  // Whoever probes writes the tenant's state from it; reporting it as well would ask for another check.
  const quietCall = createCallSurface({ ...deps, baseChoice, onOutcome: () => {} })
  const { portalOrigin } = deps.endpoints.cloud

  return {
    ...createHuntCalls(call, deps),
    ...createIncidentCalls(call, portalOrigin),
    ...createIncidentSync(call, portalOrigin),
    ...createAlertCalls(call, portalOrigin),
    ...createDeviceCalls(call, portalOrigin),
    ...createDeviceActionCalls(call),
    ...createProbe(quietCall),
    readStoredAlert: createStoredAlertReader(portalOrigin),
  }
}
