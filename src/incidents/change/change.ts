import type { Audit } from '../../audit/audit.ts'
import { failureDetail } from '../../audit/failure-detail.ts'
import { AppError, type Failure, RemoteError } from '../../errors.ts'
import {
  checkIncidentChange,
  type Defender,
  type Incident,
  type IncidentChange,
  type SyncedIncident,
} from '../../microsoft/defender/index.ts'
import { namedFailure } from '../../microsoft/http/index.ts'
import type { Connections } from '../../platform/database/connections/limit-connections.ts'
import type { Database } from '../../platform/database/index.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { readIncidentId, writeIncidentId } from '../incident-id.ts'
import type { IncidentView } from '../model.ts'
import { incidentNotFound } from '../queue/queue.ts'
import { findIncidentRow } from '../store.ts'
import { toIncidentView } from '../view.ts'
import { fieldsOf, missingOf } from './applied.ts'
import { databaseTime, recordAnswer, recordDeletion } from './record.ts'

/** An incident after a change, and what the changed fields said before. */
export type Changed = { incident: IncidentView; before: Record<string, unknown> }

export type ChangeIncident = (
  actor: Actor,
  id: string,
  change: IncidentChange,
  ifUpdatedAt: string | null,
) => Promise<Changed>

export type ChangeDeps = {
  db: Database
  pool: Connections
  defender: Pick<Defender, 'syncIncident' | 'updateIncident'>
  tenants: Pick<Tenants, 'get'>
  audit: Audit
  /** Hears of each change, so that its alerts are read again soon. */
  onChanged: (tenantId: string) => void
}

/** Somebody waits for these calls. */
const now = { isBackground: false, withAlerts: false } as const

/**
 * Makes the function that changes an incident at Microsoft and in the store.
 * Read before write, so that a change made meanwhile elsewhere is shown and not
 * overwritten; a write whose answer was lost is read back before anything is
 * said. Each write is audited with what was there before.
 *
 * The function takes the `updatedAt` that the change was made on; null skips the
 * comparison. Microsoft's interfaces take no condition with a write: what
 * changes between our read and our write, some hundred milliseconds, is not seen.
 * It throws AppError `forbidden`, `not_found`, `invalid`, `conflict` (merged
 * into another one), `changed_upstream` with both versions; RemoteError.
 */
export function createChangeIncident(deps: ChangeDeps): ChangeIncident {
  const { db, pool, defender, tenants, audit } = deps

  async function viewOf(tenantId: string, incidentId: string): Promise<IncidentView | null> {
    const row = await findIncidentRow(db, tenantId, incidentId)
    return row && toIncidentView(row)
  }

  return async (actor, id, change, ifUpdatedAt) => {
    requireAct(actor, 'incident.write')
    const read = readIncidentId(id)
    if (!read) throw incidentNotFound()
    const tenant = await tenants.get(actor, read.tenantId).catch(asIncidentNotFound)
    checkIncidentChange(change)
    const { tenantId, incidentId } = read
    const roles = tenant.rolesGranted
    const known = await viewOf(tenantId, incidentId)
    const before = await peek()
    await refuseIfOther(before.incident)

    const from = fieldsOf(before.incident, change)
    const { comment, ...to } = change
    const event = {
      actor,
      action: 'incident.updated',
      tenantId,
      tenantName: tenant.name,
      target: writeIncidentId(tenantId, incidentId),
    }
    const detail = { title: before.incident.title, from, to, ...(comment ? { comment } : {}) }
    try {
      const after = await write(before)
      const missing = missingOf(change, before.incident, after.incident)
      if (missing.length > 0) throw notTakenOver(missing, after.incident.surface)
      await audit.record({ ...event, detail })
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      const failure = failureDetail(error.failure)
      await audit.record({ ...event, result: 'failed', detail: { ...detail, failure } })
      throw error
    }
    deps.onChanged(tenantId)
    const incident = await viewOf(tenantId, incidentId)
    if (!incident) throw incidentNotFound()
    return { incident, before: from }

    /** The incident as Microsoft has it, which the store then has, too. */
    async function peek(): Promise<SyncedIncident> {
      const askedAt = await databaseTime(pool)
      try {
        const found = await defender.syncIncident(tenantId, roles, incidentId, now)
        await recordAnswer(pool, tenantId, [found], askedAt)
        return found
      } catch (error) {
        if (!(error instanceof RemoteError && error.failure.code === 'not_found')) throw error
        await recordDeletion(pool, tenantId, incidentId)
        throw error
      }
    }

    async function refuseIfOther(current: Incident): Promise<void> {
      if (current.redirectTo !== null) {
        throw new AppError('conflict', `the incident was merged into #${current.redirectTo}`, {
          remedy: 'Open the incident that it was merged into, and change that one.',
          details: { mergedInto: writeIncidentId(tenantId, current.redirectTo) },
        })
      }
      if (ifUpdatedAt === null || current.updatedAt === ifUpdatedAt) return
      throw new AppError('changed_upstream', 'the incident was changed at Microsoft since it was read', {
        remedy: 'Look at what it says now, and repeat the change if it is still right.',
        details: { updatedAt: current.updatedAt, current: await viewOf(tenantId, incidentId), known },
      })
    }

    /** @returns how the incident stands then, which the store has, too */
    async function write(before: SyncedIncident): Promise<SyncedIncident> {
      const origin = { source: 'tenantry', actor: actor.label } as const
      let lost: RemoteError | null = null
      let told: Incident | null = null
      const askedAt = await databaseTime(pool)
      try {
        told = await defender.updateIncident(tenantId, roles, incidentId, change)
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error
        lost = error
      }
      const found = await defender.syncIncident(tenantId, roles, incidentId, now).catch(asNothing)
      const isThere = found !== null && missingOf(change, before.incident, found.incident).length === 0
      // An answer can be ahead of the copy that the next read comes from.
      const after = told && !isThere ? asAnswered(before, told) : found
      if (after) await recordAnswer(pool, tenantId, [after], askedAt, origin)
      if (lost && !isThere) throw mayHaveHappened(lost.failure) ? asLost(lost, found !== null) : lost
      if (!after) throw incidentNotFound()
      return after
    }
  }
}

/** The answer to a write, in place of a read: it has no more digits of the time than we keep. */
function asAnswered(before: SyncedIncident, told: Incident): SyncedIncident {
  const updatedExact = `${told.updatedAt.slice(0, -1)}0000Z`
  return { ...before, incident: { ...told, alerts: null }, updatedExact, alerts: null }
}

/** Whether the service may have done what it was asked for: it said nothing, or nothing that can be understood. */
function mayHaveHappened({ status }: Failure): boolean {
  return status === null || status < 400 || status >= 500
}

function asLost(error: RemoteError, wasReadBack: boolean): RemoteError {
  const { failure } = error
  const message = wasReadBack
    ? `${failure.message} Read again, the incident does not show the whole change.`
    : `${failure.message} Whether the change was made is not known: the incident could not be read again.`
  const remedy = 'Load the incident again in a minute, and repeat what is missing.'
  return new RemoteError({ ...failure, message, remedy, permanent: false }, error)
}

function notTakenOver(missing: string[], service: Incident['surface']): RemoteError {
  return new RemoteError(
    namedFailure('not_allowed', {
      service,
      message: `Microsoft did not take over: ${missing.join(', ')}.`,
      remedy: 'Change it in the Defender portal.',
    }),
  )
}

function asNothing(error: unknown): null {
  if (error instanceof RemoteError) return null
  throw error
}

function asIncidentNotFound(error: unknown): never {
  throw error instanceof AppError && error.code === 'not_found' ? incidentNotFound() : error
}
