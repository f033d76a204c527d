import type { KqlValue } from '../../kql/types.ts'
import { listActions } from '../machine-actions.ts'
import { makeRandom, seedOf } from '../random.ts'
import { onDevice, packRow } from '../rows.ts'
import type { TenantData } from '../tenant-data.ts'
import { deviceState } from './device-state.ts'

/** Rows that follow from what was done through the APIs: an isolated device says so in DeviceInfo. */
export function* liveRows(data: TenantData, table: string): Iterable<KqlValue[]> {
  if (table !== 'DeviceInfo') return
  const { profile, world, now, facts } = data
  for (const action of listActions(world.overlay, profile.tenantId, now)) {
    if (action.status !== 'Succeeded' || (action.type !== 'Isolate' && action.type !== 'Unisolate')) continue
    const device = facts.devices.find(one => one.id === action.machineId)
    if (!device) continue
    const state = deviceState(device, makeRandom(seedOf(action.id)))
    const mitigation = action.type === 'Isolate' ? '{"Isolated":"true"}' : '{}'
    yield packRow(
      'DeviceInfo',
      { ...state, MitigationStatus: mitigation },
      onDevice(device, action.updatedAt),
    )
  }
}
