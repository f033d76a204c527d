import type { KqlValue } from '../../kql/types.ts'
import type { Device } from '../devices.ts'
import { listActions } from '../machine-actions.ts'
import { makeRandom, seedOf } from '../random.ts'
import { onDevice, packRow } from '../rows.ts'
import type { TenantData } from '../tenant-data.ts'
import type { Ticks } from '../ticks.ts'
import { ticksPerSecond } from '../ticks.ts'
import { deviceState } from './device-state.ts'

const ticksPerHour = 3600n * ticksPerSecond

/**
 * Rows that follow from what was done through the APIs: an isolated device says
 * so in DeviceInfo, at once and in every report until it is released, and tags
 * that were set stand in the report of this hour.
 */
export function* liveRows(data: TenantData, table: string): Iterable<KqlValue[]> {
  if (table !== 'DeviceInfo') return
  const { profile, world, now, inventory } = data
  const latest = new Map<string, { isIsolated: boolean; at: Ticks }>()
  // Newest first: the first of a device is the one that holds.
  for (const action of listActions(world.overlay, profile.tenantId, now)) {
    if (action.status !== 'Succeeded' || (action.type !== 'Isolate' && action.type !== 'Unisolate')) continue
    const device = inventory.devices.find(one => one.id === action.machineId)
    if (!device) continue
    const isIsolated = action.type === 'Isolate'
    if (!latest.has(device.id)) latest.set(device.id, { isIsolated, at: action.updatedAt })
    yield report(data, device, { seed: action.id, at: action.updatedAt, isIsolated })
  }

  const thisHour = now - (now % ticksPerHour)
  const isTagged = new Set(
    [...world.overlay.entries<string[]>(profile.tenantId, 'machine-tag')].map(([id]) => id),
  )
  for (const device of inventory.devices) {
    const isolation = latest.get(device.id)
    const isIsolated = isolation?.isIsolated ?? false
    const isReporting = device.silentDays === 0 && thisHour > (isolation?.at ?? 0n)
    if (isReporting && (isIsolated || isTagged.has(device.id)))
      yield report(data, device, { seed: String(thisHour), at: thisHour, isIsolated })
  }
}

function report(
  { profile, world }: TenantData,
  device: Device,
  { seed, at, isIsolated }: { seed: string; at: Ticks; isIsolated: boolean },
): KqlValue[] {
  const tags = world.overlay.get<string[]>(profile.tenantId, 'machine-tag', device.id) ?? device.tags
  const state = {
    ...deviceState(device, makeRandom(seedOf(device.id, seed))),
    RegistryDeviceTag: tags[0] ?? '',
    DeviceManualTags: JSON.stringify(tags),
    MitigationStatus: isIsolated ? '{"Isolated":"true"}' : '{}',
  }
  return packRow('DeviceInfo', state, onDevice(device, at))
}
