import { z } from 'zod'
import type { DeviceActionState } from '../devices/model.ts'
import { camelCase } from '../wire/members.ts'
import { exactTime, id, text } from '../wire/wire.ts'

/** Defender for Endpoint's machine action. */
export const machineAction = z.object({
  id,
  type: z.string(),
  status: z.string(),
  scope: text,
  machineId: z.string(),
  computerDnsName: text,
  requestor: text,
  requestorComment: text,
  requestSource: text,
  creationDateTimeUtc: exactTime,
  // The list page prints the second name, live answers the first.
  lastUpdateDateTimeUtc: exactTime.nullish(),
  lastUpdateTimeUtc: exactTime.nullish(),
  cancellationRequestor: text,
  cancellationComment: text,
  errorHResult: z.number().nullish().catch(null),
  troubleshootInfo: text,
})

const types = new Map([
  ['isolate', 'isolate'],
  ['unisolate', 'release'],
  ['runantivirusscan', 'scan'],
  ['collectinvestigationpackage', 'collect'],
])

const statuses = new Map([
  ['pending', 'pending'],
  ['inprogress', 'in_progress'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['timeout', 'timed_out'],
  ['cancelled', 'canceled'],
])

/** @see Defender for Endpoint, "MachineAction resource type" */
export function readDeviceAction(wire: z.output<typeof machineAction>): DeviceActionState {
  const updatedAt = wire.lastUpdateDateTimeUtc ?? wire.lastUpdateTimeUtc ?? wire.creationDateTimeUtc
  return {
    id: wire.id,
    type: types.get(wire.type.toLowerCase()) ?? camelCase(wire.type),
    status: statuses.get(wire.status.toLowerCase()) ?? camelCase(wire.status),
    scope: wire.scope && camelCase(wire.scope),
    deviceId: wire.machineId.toLowerCase(),
    deviceName: wire.computerDnsName,
    comment: wire.requestorComment,
    requestedBy: wire.requestor,
    source: wire.requestSource && camelCase(wire.requestSource),
    createdAt: wire.creationDateTimeUtc.iso,
    updatedAt: updatedAt.iso,
    canceledBy: wire.cancellationRequestor,
    cancelComment: wire.cancellationComment,
    trouble: wire.troubleshootInfo ?? hresult(wire.errorHResult),
  }
}

/** Windows prints error numbers as unsigned hex. */
function hresult(number: number | null | undefined): string | null {
  return number ? `error 0x${(number >>> 0).toString(16).padStart(8, '0').toUpperCase()}` : null
}
