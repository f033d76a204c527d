import type { Audit } from '../audit/audit.ts'
import { failureDetail } from '../audit/failure-detail.ts'
import { AppError, type Failure, RemoteError } from '../errors.ts'
import { isDeviceId } from '../microsoft/defender/endpoint/device-id.ts'
import {
  capabilityOfAction,
  type Defender,
  type Device,
  type DeviceActionState,
  isFinal,
  requireCapability,
} from '../microsoft/defender/index.ts'
import type { Database } from '../platform/database/index.ts'
import type { Actor } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import type { TenantRecord } from '../tenants/store.ts'
import type { EnqueueFollow } from './follow.ts'
import { mayHaveHappened } from './outcome.ts'
import { followDelaySeconds } from './retry-delays.ts'
import {
  type DeviceActionRecord,
  findAction,
  findUnresolved,
  insertAction,
  moveAction,
  type StoredStatus,
} from './store.ts'
import { noteInTimeline } from './tenant-event.ts'

export type ActionRequest = {
  type: 'isolate' | 'release' | 'scan' | 'collect'
  /** Why; 1–1,000 characters. The customer sees it in its own portal. */
  comment: string
  isolation?: 'full' | 'selective'
  scan?: 'quick' | 'full'
}

export type RequestAction = (
  actor: Actor,
  tenant: TenantRecord,
  deviceId: string,
  request: ActionRequest,
) => Promise<DeviceActionRecord>

/**
 * Asks a device for an action: the row and its audit event are written before
 * the call, the outcome after it. What the service refuses is an outcome too:
 * the record comes back as `failed`, with the reason. An answer that was lost
 * leaves it `unknown`, and it is looked up instead of asked for again.
 */
export function createRequestAction({
  db,
  defender,
  audit,
  enqueueFollow,
  now,
}: {
  db: Database
  defender: Pick<Defender, 'getDevice' | 'runDeviceAction'>
  audit: Audit
  enqueueFollow: EnqueueFollow
  now: () => Date
}): RequestAction {
  function eventOf(actor: Actor, record: DeviceActionRecord) {
    const { tenantId, tenant, deviceName, id, deviceId, type, comment } = record
    const detail = { actionId: id, deviceId, type, comment }
    return { actor, tenantId, tenantName: tenant.name, target: deviceName, detail }
  }

  async function settle(
    actor: Actor,
    record: DeviceActionRecord,
    change: Parameters<typeof moveAction>[3],
    action: string,
    result: 'ok' | 'refused' | 'failed',
  ): Promise<void> {
    await db.$transaction(async tx => {
      // The follower may have found it already: then there is nothing to settle.
      if (!(await moveAction(tx, record.id, ['requested'], change))) return
      const event = eventOf(actor, record)
      const { status, remoteId, failure } = change
      const why = failure ? failureDetail(failure) : {}
      const detail = { ...event.detail, status, remoteId, ...why }
      await audit.record({ ...event, action, result, detail }, tx)
      await noteInTimeline(tx, record, status, now())
    })
  }

  async function accepted(actor: Actor, record: DeviceActionRecord, state: DeviceActionState): Promise<void> {
    const isOver = isFinal(state.status)
    const status = (isOver || state.status === 'in_progress' ? state.status : 'pending') as StoredStatus
    const change = { status, remoteId: state.id, ...(isOver ? { finishedAt: now() } : {}) }
    await settle(actor, record, change, 'device.action_accepted', 'ok')
    if (!isOver) await enqueueFollow(record.id, followDelaySeconds(0))
  }

  async function failed(actor: Actor, record: DeviceActionRecord, failure: Failure): Promise<void> {
    if (mayHaveHappened(failure)) {
      await settle(actor, record, { status: 'unknown', failure }, 'device.action_unknown', 'failed')
      await enqueueFollow(record.id, followDelaySeconds(0))
      return
    }
    const change = { status: 'failed' as const, failure, finishedAt: now() }
    await settle(actor, record, change, 'device.action_refused', 'refused')
  }

  async function findDevice(tenant: TenantRecord, deviceId: string): Promise<Device> {
    // By id alone: a name may have passed to another device since the page was made.
    if (!isDeviceId(deviceId)) throw new AppError('not_found', 'there is no such device')
    const device = await defender.getDevice(tenant.id, tenant.rolesGranted, deviceId, { forAction: true })
    if (device.mergedInto === null) return device
    throw new AppError('conflict', 'this record was merged into another one of the same device', {
      remedy: 'Open the other record and repeat the action there.',
      details: { mergedInto: device.mergedInto },
    })
  }

  return async (actor, tenant, deviceId, request) => {
    requireAct(actor, 'device.act')
    const comment = readComment(request.comment)
    // Before the row: what cannot be sent is no action.
    requireCapability(tenant.rolesGranted, capabilityOfAction[request.type])
    const device = await findDevice(tenant, deviceId)

    const unresolved = await findUnresolved(db, tenant.id, device.id, request.type)
    if (unresolved) {
      throw new AppError('conflict', 'the same action was just asked for, and its outcome is not known yet', {
        remedy: 'Wait until it is: it is being looked up.',
        details: { actionId: unresolved.id },
      })
    }
    const record = await db.$transaction(async tx => {
      const inserted = await insertAction(tx, {
        tenantId: tenant.id,
        deviceId: device.id,
        deviceName: device.name,
        type: request.type,
        comment,
        requestedById: actor.id,
        requestedBy: actor.label,
        createdAt: now(),
      })
      await audit.record({ ...eventOf(actor, inserted), action: 'device.action_requested' }, tx)
      await noteInTimeline(tx, inserted, 'requested', now())
      return inserted
    })

    let state: DeviceActionState | null = null
    try {
      state = await defender.runDeviceAction(tenant.id, tenant.rolesGranted, device.id, {
        ...request,
        comment,
      })
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      await failed(actor, record, error.failure)
    }
    if (state) await accepted(actor, record, state)
    return (await findAction(db, record.id)) ?? record
  }
}

function readComment(text: string): string {
  const comment = text.trim()
  if (comment.length >= 1 && comment.length <= 1000) return comment
  throw new AppError('invalid', comment === '' ? 'the comment is missing' : 'the comment is too long', {
    remedy: 'Say why in 1 to 1,000 characters; the customer sees it in the Defender portal.',
    details: { field: 'comment' },
  })
}
