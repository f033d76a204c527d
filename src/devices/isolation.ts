import type { DeviceActionState, DeviceActionType } from '../microsoft/defender/index.ts'

export type Isolation = {
  state: 'isolated' | 'not_isolated' | 'isolating' | 'releasing'
  /** When that began; null for a device that never was isolated. ISO 8601 UTC. */
  since: string | null
  /** The service's id of the action. */
  actionId: string | null
  /** `endpoint`: the device's actions, as of now. `hunting`: its last report, when the actions could not be read. */
  source: 'endpoint' | 'hunting'
}

/**
 * Whether a device is cut off. No property says so: the latest isolation or
 * release that succeeded does, and one that is under way comes first.
 *
 * @param actions of one device, in any order
 */
export function isolationOf(actions: readonly DeviceActionState[]): Isolation {
  const latest = actions
    .filter(({ type }) => type === 'isolate' || type === 'release')
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))

  const effective = latest.find(({ status }) => status === 'succeeded')
  const [newest] = latest
  if (newest && (newest.status === 'pending' || newest.status === 'in_progress')) {
    const state = newest.type === 'isolate' ? 'isolating' : 'releasing'
    return { state, since: newest.createdAt, actionId: newest.id, source: 'endpoint' }
  }
  return effective
    ? {
        state: effective.type === 'isolate' ? 'isolated' : 'not_isolated',
        since: effective.updatedAt,
        actionId: effective.id,
        source: 'endpoint',
      }
    : { state: 'not_isolated', since: null, actionId: null, source: 'endpoint' }
}

/** What the last report of a device says; null when it says nothing. */
export function reportedIsolation(isIsolated: boolean | null): Isolation | null {
  if (isIsolated === null) return null
  return {
    state: isIsolated ? 'isolated' : 'not_isolated',
    since: null,
    actionId: null,
    source: 'hunting',
  }
}

const opposites: Partial<Record<string, DeviceActionType>> = { isolate: 'release', release: 'isolate' }

/** The action that takes another one back; null where there is none, or nothing to take back yet. */
export function undoOf(action: { type: string; status: string }): DeviceActionType | null {
  return action.status === 'succeeded' ? (opposites[action.type] ?? null) : null
}
