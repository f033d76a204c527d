import { capabilityOfAction, type DeviceActionType } from '../defender/index.ts'
import { rolesFor, surfaceFor } from '../tenants/capabilities.ts'

export type AvailableAction = {
  type: DeviceActionType
  label: string
  isAllowed: boolean
  /** The role that the customer would have to grant; null when it has. */
  missingRole: string | null
  /** What it does to the device, for the confirmation. */
  effect: string
}

const texts: Record<DeviceActionType, { label: string; effect: string }> = {
  isolate: {
    label: 'Isolate',
    effect:
      'Cuts the device off from the network at once; only Defender can still reach it. Whoever works on it is interrupted. It can be released again.',
  },
  release: { label: 'Release from isolation', effect: 'Lets the device back into the network.' },
  scan: {
    label: 'Run antivirus scan',
    effect: 'Starts a Microsoft Defender Antivirus scan on the device; it may slow the device down.',
  },
  collect: {
    label: 'Collect investigation package',
    effect:
      'Gathers logs, processes, connections and settings of the device into an archive that can be downloaded.',
  },
}

/** Every action with whether the tenant's roles allow it: said before the click, not after. */
export function availableActions(roles: readonly string[]): AvailableAction[] {
  return (Object.keys(texts) as DeviceActionType[]).map(type => {
    const capability = capabilityOfAction[type]
    const isAllowed = surfaceFor(roles, capability) !== null
    return {
      type,
      ...texts[type],
      isAllowed,
      missingRole: isAllowed ? null : (rolesFor(capability)[0] ?? null),
    }
  })
}
