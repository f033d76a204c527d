import type { Surface } from '../clouds/clouds.ts'
import { AppError } from '../errors.ts'
import type { CallSurface } from './call.ts'
import { chooseSurface } from './choose-surface.ts'
import { graphIncidents } from './graph/incidents.ts'
import { checkIncidentChange } from './incident-change.ts'
import type { IncidentFilter, IncidentSurface } from './incident-surface.ts'
import type { Incident, IncidentChange, Page } from './model.ts'
import { checkTime } from './odata.ts'
import { xdrIncidents } from './xdr/incidents.ts'

export type ListOptions = IncidentFilter & {
  /** 1–200, default 50 */
  limit?: number
  cursor?: string | null
}

export type Incidents = {
  /**
   * Updated last comes first. Merged incidents are in the list too, with
   * `redirectTo`: they must not be counted twice.
   */
  listIncidents(tenantId: string, roles: readonly string[], options?: ListOptions): Promise<Page<Incident>>
  /**
   * All incidents that were updated since a time, page by page, however many
   * there are. On Graph the earliest come first, so that a page's last
   * `updatedAt` is where to go on after a break; on Defender XDR the order is
   * not promised, and only a whole sweep may move the time on. Incidents at
   * that very time come again.
   *
   * @param since ISO 8601 UTC
   */
  sweepIncidents(tenantId: string, roles: readonly string[], since: string): AsyncGenerator<Incident[]>
  /**
   * One incident with its alerts and their evidence. `redirectTo` of a merged
   * one is followed to the incident where the chain ends.
   *
   * @throws AppError `not_found` for an id that cannot be one; RemoteError `not_found`
   */
  getIncident(tenantId: string, roles: readonly string[], incidentId: string): Promise<Incident>
  /** One incident without its alerts and without following where it was merged into: the cheapest look. */
  peekIncident(tenantId: string, roles: readonly string[], incidentId: string): Promise<Incident>
  /**
   * Writes a change through.
   *
   * @returns the incident as it is then, without alerts where the surface leaves them out
   * @throws AppError `invalid` for a change that no surface would take
   */
  updateIncident(
    tenantId: string,
    roles: readonly string[],
    incidentId: string,
    change: IncidentChange,
  ): Promise<Incident>
}

/** Merged incidents may point to merged ones. */
const longestChain = 5

export function createIncidentCalls(call: CallSurface, portalOrigin: string): Incidents {
  const graph = graphIncidents(call)
  const xdr = xdrIncidents(call, portalOrigin)
  const on = (surface: Surface): IncidentSurface => (surface === 'graph' ? graph : xdr)
  const reading = (roles: readonly string[]) => on(chooseSurface(roles, 'incidents.read'))

  async function endOfChain(
    tenantId: string,
    from: IncidentSurface,
    incident: Incident,
  ): Promise<string | null> {
    const visited = new Set([incident.id])
    let target = incident.redirectTo
    while (target !== null && !visited.has(target) && visited.size <= longestChain) {
      visited.add(target)
      const next = await from.get(tenantId, readIncidentId(target), { withAlerts: false })
      if (next.redirectTo === null) break
      target = next.redirectTo
    }
    return target
  }

  return {
    async listIncidents(tenantId, roles, { limit = 50, cursor, ...filter } = {}) {
      checkTime(filter.updatedSince)
      return reading(roles).list(tenantId, filter, Math.min(Math.max(limit, 1), 200), cursor)
    },

    async *sweepIncidents(tenantId, roles, since) {
      checkTime(since)
      yield* reading(roles).sweep(tenantId, since)
    },

    async getIncident(tenantId, roles, incidentId) {
      const from = reading(roles)
      const incident = await from.get(tenantId, readIncidentId(incidentId), { withAlerts: true })
      return incident.redirectTo === null
        ? incident
        : { ...incident, redirectTo: await endOfChain(tenantId, from, incident) }
    },

    async peekIncident(tenantId, roles, incidentId) {
      return reading(roles).get(tenantId, readIncidentId(incidentId), { withAlerts: false })
    },

    async updateIncident(tenantId, roles, incidentId, change) {
      checkIncidentChange(change)
      return on(chooseSurface(roles, 'incidents.write')).update(tenantId, readIncidentId(incidentId), change)
    },
  }
}

/** An id goes into a path: it must be digits. */
function readIncidentId(incidentId: string): string {
  if (/^\d{1,19}$/.test(incidentId)) return incidentId
  throw new AppError('not_found', 'there is no such incident')
}
