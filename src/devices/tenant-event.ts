import type { Transaction } from '../audit/store.ts'
import { isFinal } from '../microsoft/defender/index.ts'
import { addTenantEvent } from '../tenants/store.ts'
import type { DeviceActionRecord, StoredStatus } from './store.ts'

/**
 * Puts an action into the timeline of its tenant: `device_isolate_requested`,
 * `device_isolate_succeeded`, and so on with the other types and ends.
 *
 * @param status `requested`, or how it ended; one that is under way is not noted again
 */
export async function noteInTimeline(
  tx: Transaction,
  action: DeviceActionRecord,
  status: StoredStatus,
  at: Date,
): Promise<void> {
  if (status !== 'requested' && !isFinal(status)) return
  const { id, tenantId, type, deviceId, deviceName, comment, requestedBy } = action
  const isRequest = status === 'requested'
  await addTenantEvent(tx, tenantId, {
    type: `device_${type}_${status}`,
    detail: isRequest ? `${deviceName}: ${comment} (${requestedBy})` : deviceName,
    data: { actionId: id, deviceId, deviceName, by: requestedBy },
    at,
  })
}
