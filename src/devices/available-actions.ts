import { capabilityOfAction, type DeviceActionType } from '../microsoft/defender/index.ts'
import { rolesFor, surfaceFor } from '../microsoft/roles/capabilities.ts'
import type { Isolation } from './isolation.ts'

export type AvailableAction = {
  type: DeviceActionType
  isAllowed: boolean
  /** The role that the customer would have to grant; null when it has. */
  missingRole: string | null
}

/** Every action with whether the tenant's roles allow it: said before the click, not after. */
export function availableActions(roles: readonly string[]): AvailableAction[] {
  return (Object.keys(capabilityOfAction) as DeviceActionType[]).map(type => {
    const capability = capabilityOfAction[type]
    const isAllowed = surfaceFor(roles, capability) !== null
    return { type, isAllowed, missingRole: isAllowed ? null : (rolesFor(capability)[0] ?? null) }
  })
}

/**
 * The actions that make sense for a device as it is: isolation or release, and
 * nothing that is under way already. Both of the two where only its last report
 * tells the state, as that may be an hour old, or nothing does.
 *
 * @param underWay types of actions that have not ended
 */
export function fittingActions(
  actions: readonly AvailableAction[],
  isolation: Isolation | null,
  underWay: readonly string[],
): AvailableAction[] {
  const state = isolation?.source === 'endpoint' ? isolation.state : null
  return actions.filter(({ type }) => {
    if (underWay.includes(type)) return false
    if (type === 'isolate') return state === null || state === 'not_isolated'
    if (type === 'release') return state === null || state === 'isolated'
    return true
  })
}
