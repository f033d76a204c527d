import type { ActionFailure, Overlay } from '../world.ts'
import type { Device } from './devices.ts'
import { seedOf } from './random.ts'
import { type Ticks, ticksPerMs } from './ticks.ts'

export type MachineActionType =
  | 'RunAntiVirusScan'
  | 'Offboard'
  | 'CollectInvestigationPackage'
  | 'Isolate'
  | 'Unisolate'
  | 'StopAndQuarantineFile'
  | 'RestrictCodeExecution'
  | 'UnrestrictCodeExecution'

type MachineActionStatus = 'Pending' | 'InProgress' | 'Succeeded' | ActionFailure | 'Cancelled'

/** An action as it was asked for; plain JSON, times as decimal ticks. What became of it follows from the clock. */
export type StoredAction = {
  id: string
  type: MachineActionType
  requestor: string
  comment: string
  machineId: string
  dnsName: string
  scope: string | null
  sha1: string | null
  created: string
  /** the device did not report when the action was asked for: it stays pending */
  isOffline: boolean
  /** how it ends instead of succeeding */
  failure?: ActionFailure
  cancelled?: { at: string; by: string; comment: string }
}

export type MachineAction = StoredAction & { status: MachineActionStatus; createdAt: Ticks; updatedAt: Ticks }

/** How long an action waits and works: seconds, so that a demo shows every state. */
function actionTimes(id: string): { startsAfterMs: number; endsAfterMs: number } {
  const spread = seedOf('action', id)
  return { startsAfterMs: 1_500 + (spread % 1_000), endsAfterMs: 5_000 + (spread % 3_000) }
}

/** The action's state at `now`. */
export function actionAt(stored: StoredAction, now: Ticks): MachineAction {
  const createdAt = BigInt(stored.created)
  const { startsAfterMs, endsAfterMs } = actionTimes(stored.id)
  const started = createdAt + BigInt(startsAfterMs) * ticksPerMs
  const ended = createdAt + BigInt(endsAfterMs) * ticksPerMs
  if (stored.cancelled) {
    return { ...stored, status: 'Cancelled', createdAt, updatedAt: BigInt(stored.cancelled.at) }
  }
  if (stored.isOffline || now < started)
    return { ...stored, status: 'Pending', createdAt, updatedAt: createdAt }
  if (now < ended) return { ...stored, status: 'InProgress', createdAt, updatedAt: started }
  return { ...stored, status: stored.failure ?? 'Succeeded', createdAt, updatedAt: ended }
}

/** All actions of a tenant as of `now`, newest first. */
export function listActions(overlay: Overlay, tenantId: string, now: Ticks): MachineAction[] {
  const actions: MachineAction[] = []
  for (const [, stored] of overlay.entries<StoredAction>(tenantId, 'machine-action')) {
    actions.push(actionAt(stored, now))
  }
  return actions.sort((a, b) => Number(b.createdAt - a.createdAt))
}

/** A device that will not hear of an action any time soon. */
export function isOffline(device: Device): boolean {
  return device.silentDays > 0 || device.health !== 'active'
}
