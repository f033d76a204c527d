import { RemoteError } from '../../../errors.ts'
import type { Surface } from '../../clouds/clouds.ts'
import { namedFailure } from '../../http/index.ts'
import type { CallSurface } from '../call.ts'
import { chooseSurface } from '../choose-surface.ts'
import { graphSync } from './graph.ts'
import type { IncidentSpan, SyncCallOptions, SyncedIncident, SyncPage } from './model.ts'
import { xdrSync } from './xdr.ts'

/**
 * Reads for a store. They count as work in the background: a part of the rate
 * is left to people who wait.
 *
 * @throws AppError `role_missing`; RemoteError
 */
export type IncidentSync = {
  /** Which surface is asked; the cursors of one say nothing about the other. */
  syncSurface(roles: readonly string[]): Surface
  /** One answer of a tenant's incidents by their last update. */
  syncPage(
    tenantId: string,
    roles: readonly string[],
    span: IncidentSpan,
    options?: SyncCallOptions,
  ): Promise<SyncPage>
  /**
   * One incident with its alerts; without them when the service could not hand
   * them out, or when they are not asked for.
   *
   * @param incidentId digits
   * @throws RemoteError `not_found` when it was deleted, `bad_answer`
   */
  syncIncident(
    tenantId: string,
    roles: readonly string[],
    incidentId: string,
    options?: SyncCallOptions & { withAlerts?: boolean },
  ): Promise<SyncedIncident>
}

export function createIncidentSync(call: CallSurface, portalOrigin: string): IncidentSync {
  const graph = graphSync(call)
  const xdr = xdrSync(call, portalOrigin)
  const syncSurface = (roles: readonly string[]) => chooseSurface(roles, 'incidents.read')
  const on = (roles: readonly string[]) => (syncSurface(roles) === 'graph' ? graph : xdr)

  return {
    syncSurface,

    async syncPage(tenantId, roles, span, options = {}) {
      return on(roles).page(tenantId, span, options)
    },

    async syncIncident(tenantId, roles, incidentId, { withAlerts = true, ...options } = {}) {
      const found = await on(roles).one(tenantId, incidentId, withAlerts, options)
      if (found?.incident.id === incidentId) return found
      throw new RemoteError(
        namedFailure('bad_answer', {
          service: syncSurface(roles) === 'graph' ? 'graph' : 'defender',
          message: 'The answer is not the incident that was asked for.',
        }),
      )
    },
  }
}
