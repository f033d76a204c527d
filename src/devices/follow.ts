import type { Audit } from '../audit/audit.ts'
import { failureDetail } from '../audit/failure-detail.ts'
import { type Failure, failureOf, RemoteError } from '../errors.ts'
import { type Defender, type DeviceActionState, isFinal } from '../microsoft/defender/index.ts'
import { namedFailure } from '../microsoft/http/index.ts'
import type { Database } from '../platform/database/index.ts'
import { systemActor } from '../tenants/actor.ts'
import { followDelaySeconds, givenUpAfterMs, lostAfterMs } from './retry-delays.ts'
import {
  type DeviceActionRecord,
  findAction,
  findStranded,
  knownRemoteIds,
  moveAction,
  openStatuses,
  type StoredStatus,
  touchAction,
} from './store.ts'
import { noteInTimeline } from './tenant-event.ts'

/** Asks for `follow(actionId)` to be called after a time, by whichever process. */
export type EnqueueFollow = (actionId: string, afterSeconds: number) => Promise<void>

export type Following = {
  /** Looks once at what became of an action, and asks to be called again until it has ended; what the job calls. */
  follow(actionId: string): Promise<void>
  /** Takes up actions whose process died. Call at the start and every minute. @returns how many */
  resumeStranded(): Promise<number>
}

/** Allowance for clock skew and for the delay between the row and the call. */
const clockSkewMs = 5 * 60_000
/** Past the longest pause, so that a job that is only waiting is not doubled. */
const strandedAfterMs = 2 * 3600_000
/** Past the time that a request may take. */
const strandedRequestAfterMs = 3 * 60_000

export function createFollowing({
  db,
  defender,
  audit,
  enqueueFollow,
  now,
}: {
  db: Database
  defender: Pick<Defender, 'getDeviceAction' | 'listDeviceActions'>
  audit: Audit
  enqueueFollow: EnqueueFollow
  now: () => Date
}): Following {
  /**
   * What the service knows of an action; null when it knows nothing of one
   * that may have been lost.
   *
   * @throws RemoteError `list_incomplete` when it did not list every action: then that is not known
   */
  async function lookUp(action: DeviceActionRecord): Promise<DeviceActionState | null> {
    const { tenantId, deviceId, remoteId, tenant } = action
    if (remoteId !== null) return defender.getDeviceAction(tenantId, tenant.rolesGranted, remoteId)

    const { items, isIncomplete } = await defender.listDeviceActions(tenantId, tenant.rolesGranted, deviceId)
    const earliest = new Date(action.createdAt.getTime() - clockSkewMs).toISOString()
    const alike = items.filter(
      one => one.type === action.type && one.comment === action.comment && one.createdAt >= earliest,
    )
    const taken = await knownRemoteIds(
      db,
      tenantId,
      alike.map(({ id }) => id),
    )
    // The earliest that nobody claims: a later one was asked for by somebody else.
    const found = alike.filter(({ id }) => !taken.has(id)).at(-1)
    if (!found && isIncomplete)
      throw new RemoteError(namedFailure('list_incomplete', { service: 'endpoint' }))
    return found ?? null
  }

  async function write(action: DeviceActionRecord, state: DeviceActionState): Promise<boolean> {
    const isOver = isFinal(state.status)
    const status: StoredStatus =
      isOver || state.status === 'in_progress' ? (state.status as StoredStatus) : 'pending'
    const failure = status === 'failed' || status === 'timed_out' ? troubleOf(state) : null
    const change = {
      status,
      remoteId: state.id,
      ...(isOver ? { finishedAt: new Date(state.updatedAt) } : {}),
      ...(failure ? { failure } : {}),
    }
    if (!isOver) {
      await moveAction(db, action.id, openStatuses, change)
      return false
    }
    await db.$transaction(async tx => {
      if (!(await moveAction(tx, action.id, openStatuses, change))) return
      await audit.record(finished(action, status, failure), tx)
      await noteInTimeline(tx, action, status, now())
    })
    return true
  }

  async function end(action: DeviceActionRecord, status: 'failed' | 'timed_out', failure: Failure) {
    await db.$transaction(async tx => {
      const change = { status, failure, finishedAt: now() }
      if (!(await moveAction(tx, action.id, openStatuses, change))) return
      await audit.record(finished(action, status, failure), tx)
      await noteInTimeline(tx, action, status, now())
    })
  }

  async function again(action: DeviceActionRecord, failure: Failure | null): Promise<void> {
    const ageMs = now().getTime() - action.createdAt.getTime()
    if (ageMs > givenUpAfterMs) {
      await end(action, 'timed_out', neverEnded)
      return
    }
    // Until somebody acts, a permanent failure costs quota for nothing.
    const pause = failure?.permanent ? 3600 : followDelaySeconds(ageMs)
    await touchAction(db, action.id, now())
    await enqueueFollow(action.id, Math.max(pause, Math.ceil(failure?.retryAfterSeconds ?? 0)))
  }

  return {
    async follow(actionId) {
      const action = await findAction(db, actionId)
      if (!action || !openStatuses.includes(action.status as StoredStatus)) return
      try {
        const state = await lookUp(action)
        if (state && (await write(action, state))) return
        const ageMs = now().getTime() - action.createdAt.getTime()
        if (!state && ageMs > lostAfterMs) {
          await end(action, 'failed', neverTakenUp)
          return
        }
        await again(action, null)
      } catch (error) {
        const failure = failureOf(error)
        if (!failure) throw error
        await again(action, failure)
      }
    },

    async resumeStranded() {
      const at = now().getTime()
      const stranded = await findStranded(
        db,
        { requested: new Date(at - strandedRequestAfterMs), following: new Date(at - strandedAfterMs) },
        500,
      )
      for (const { id } of stranded) {
        await touchAction(db, id, now())
        await enqueueFollow(id, 0)
      }
      return stranded.length
    },
  }
}

function finished(action: DeviceActionRecord, status: StoredStatus, failure: Failure | null) {
  return {
    actor: systemActor,
    action: 'device.action_finished',
    tenantId: action.tenantId,
    tenantName: action.tenant.name,
    target: action.deviceName,
    result: status === 'succeeded' ? ('ok' as const) : ('failed' as const),
    detail: {
      actionId: action.id,
      remoteId: action.remoteId,
      type: action.type,
      status,
      ...(failure ? failureDetail(failure) : {}),
      requestedBy: action.requestedBy,
    },
  }
}

const neverTakenUp = namedFailure('not_found', {
  service: 'endpoint',
  message: 'The answer was lost, and the device’s actions hold nothing of the request: it did not happen.',
  remedy: 'Ask for the action again.',
})

const neverEnded = namedFailure('timeout', {
  service: 'endpoint',
  message: 'The service did not report an end within 30 days.',
  remedy: 'Look at the device in the Defender portal: it may be switched off or gone.',
})

function troubleOf(state: DeviceActionState): Failure {
  const isLate = state.status === 'timed_out'
  if (!isLate) {
    return namedFailure('action_failed', {
      service: 'endpoint',
      ...(state.trouble && { message: state.trouble }),
    })
  }
  return namedFailure('timeout', {
    service: 'endpoint',
    message: state.trouble ?? 'The device did not take the action up in time.',
    remedy: 'Look at the device in the Defender portal: it may be switched off or gone.',
  })
}
