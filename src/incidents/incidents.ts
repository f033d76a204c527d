import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Defender } from '../microsoft/defender/index.ts'
import type { Actor } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import { type ChangeDeps, type ChangeIncident, createChangeIncident } from './change/change.ts'
import { type ChangeIncidents, createChangeIncidents } from './change/change-many.ts'
import { databaseTime, recordAnswer } from './change/record.ts'
import { readIncidentId, writeIncidentId } from './incident-id.ts'
import { incidentNotFound } from './queue/queue.ts'
import { findIncidentOfAlert, findIncidentRow } from './store.ts'

/** What is done to incidents; `Queue` reads them. */
export type IncidentService = {
  /** See `createChangeIncident`. */
  change: ChangeIncident
  /** See `createChangeIncidents`. */
  changeMany: ChangeIncidents
  /**
   * Has an incident in the store, for links that lead to it from elsewhere:
   * Microsoft is asked for one that is not there yet, or not any more.
   *
   * @returns its id
   * @throws AppError `not_found`, RemoteError
   */
  ensureStored(actor: Actor, tenantId: string, incidentId: string): Promise<string>
  /**
   * The incident that an alert belongs to; Microsoft is asked for an alert that
   * is not in the store.
   *
   * @throws AppError `not_found` also for an alert of no incident; RemoteError
   */
  ofAlert(actor: Actor, tenantId: string, alertId: string): Promise<{ tenantId: string; incidentId: string }>
}

export type IncidentDeps = ChangeDeps & {
  defender: Pick<Defender, 'getAlert'>
  log: Pick<Log, 'error'>
}

export function createIncidents(deps: IncidentDeps): IncidentService {
  const { db, pool, defender, tenants, log } = deps
  const change = createChangeIncident(deps)

  return {
    change,
    changeMany: createChangeIncidents(change, (error, id) =>
      log.error({ err: error, id }, 'an incident was not changed'),
    ),

    async ensureStored(actor, tenantId, incidentId) {
      requireAct(actor, 'incident.read')
      const tenant = await tenants.get(actor, tenantId)
      const id = writeIncidentId(tenant.id, incidentId)
      if (!readIncidentId(id)) throw incidentNotFound()
      if (await findIncidentRow(db, tenant.id, incidentId)) return id
      const askedAt = await databaseTime(pool)
      const bounds = { isBackground: false }
      const found = await defender.syncIncident(tenant.id, tenant.rolesGranted, incidentId, bounds)
      await recordAnswer(pool, tenant.id, [found], askedAt)
      return id
    },

    async ofAlert(actor, tenantId, alertId) {
      requireAct(actor, 'incident.read')
      const tenant = await tenants.get(actor, tenantId)
      const stored = await findIncidentOfAlert(db, tenant.id, alertId)
      if (stored !== null) return { tenantId: tenant.id, incidentId: stored }
      const { incidentId } = await defender.getAlert(tenant.id, tenant.rolesGranted, alertId)
      if (incidentId !== null) return { tenantId: tenant.id, incidentId }
      throw new AppError('not_found', 'this alert belongs to no incident', {
        remedy: 'Look it up in the customer’s Defender portal.',
      })
    },
  }
}
