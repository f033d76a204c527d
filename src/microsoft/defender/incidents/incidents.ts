import { AppError } from '../../../errors.ts'
import type { CallSurface } from '../call.ts'
import { chooseSurface } from '../choose-surface.ts'
import { graphIncidents } from '../graph/incidents.ts'
import type { Incident, IncidentChange } from '../model.ts'
import { xdrIncidents } from '../xdr/incidents.ts'
import { checkIncidentChange } from './incident-change.ts'

export type Incidents = {
  /**
   * Writes a change through.
   *
   * @returns the incident as it is then, without alerts where the surface leaves them out
   * @throws AppError `invalid` for a change that no surface would take, `not_found` for an id that cannot be one
   */
  updateIncident(
    tenantId: string,
    roles: readonly string[],
    incidentId: string,
    change: IncidentChange,
  ): Promise<Incident>
}

/** Changes of incidents on one surface; which one is chosen from the roles. */
export type IncidentSurface = {
  update(tenantId: string, incidentId: string, change: IncidentChange): Promise<Incident>
}

export function createIncidentCalls(call: CallSurface, portalOrigin: string): Incidents {
  const graph = graphIncidents(call)
  const xdr = xdrIncidents(call, portalOrigin)

  return {
    async updateIncident(tenantId, roles, incidentId, change) {
      checkIncidentChange(change)
      const surface = chooseSurface(roles, 'incidents.write')
      if (surface === 'defender' && change.severity !== undefined) {
        throw new AppError('invalid', 'the severity cannot be set through the Defender XDR API', {
          remedy: 'Have SecurityIncident.ReadWrite.All on Microsoft Graph approved, or leave the severity.',
        })
      }
      // It goes into a path.
      if (!/^\d{1,19}$/.test(incidentId)) throw new AppError('not_found', 'there is no such incident')
      return (surface === 'graph' ? graph : xdr).update(tenantId, incidentId, change)
    },
  }
}
