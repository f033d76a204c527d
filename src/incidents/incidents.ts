import type { Audit } from '../audit/audit.ts'
import {
  checkIncidentChange,
  type Defender,
  type IncidentChange,
  type ListOptions,
} from '../defender/index.ts'
import { AppError, RemoteError } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import type { Tenants } from '../tenants/tenants.ts'
import {
  type IncidentDetailView,
  type IncidentView,
  toIncidentDetailView,
  toIncidentView,
  writeIncidentId,
} from './view.ts'

export type { IncidentView } from './view.ts'

/**
 * Incidents as the customers' Defender has them now. Throws AppError
 * `not_found` for a tenant that the actor may not see, `role_missing` for what
 * the customer has not granted, and RemoteError when the service refuses or
 * fails.
 */
export type IncidentService = {
  /** Updated last comes first; merged ones are among them, with `redirectTo`. */
  listLive(
    actor: Actor,
    tenantId: string,
    filters?: ListOptions,
  ): Promise<{ items: IncidentView[]; nextCursor: string | null }>
  /** @param incidentId the tenant's own number */
  getLive(actor: Actor, tenantId: string, incidentId: string): Promise<IncidentDetailView>
  /**
   * The incident that an alert belongs to.
   *
   * @throws AppError `not_found` also for an alert of no incident
   */
  ofAlert(actor: Actor, tenantId: string, alertId: string): Promise<{ tenantId: string; incidentId: string }>
  /**
   * Writes a change through to Microsoft.
   *
   * @param ifUpdatedAt the `updatedAt` that the change was made on
   * @throws AppError `forbidden` (readers), `invalid`, `changed_upstream` when it was updated there since
   */
  update(
    actor: Actor,
    tenantId: string,
    incidentId: string,
    change: IncidentChange,
    ifUpdatedAt?: string | null,
  ): Promise<IncidentView>
}

export function createIncidents({
  defender,
  tenants,
  audit,
}: {
  defender: Pick<Defender, 'listIncidents' | 'getIncident' | 'getAlert' | 'peekIncident' | 'updateIncident'>
  tenants: Pick<Tenants, 'get'>
  audit: Audit
}): IncidentService {
  return {
    async listLive(actor, tenantId, filters = {}) {
      requireAct(actor, 'look')
      const tenant = await tenants.get(actor, tenantId)
      const page = await defender.listIncidents(tenant.id, tenant.rolesGranted, filters)
      return {
        items: page.items.map(incident => toIncidentView(incident, tenant.name)),
        nextCursor: page.nextCursor,
      }
    },

    async getLive(actor, tenantId, incidentId) {
      requireAct(actor, 'look')
      const tenant = await tenants.get(actor, tenantId)
      const incident = await defender.getIncident(tenant.id, tenant.rolesGranted, incidentId)
      return toIncidentDetailView(incident, tenant.name)
    },

    async ofAlert(actor, tenantId, alertId) {
      requireAct(actor, 'look')
      const tenant = await tenants.get(actor, tenantId)
      const { incidentId } = await defender.getAlert(tenant.id, tenant.rolesGranted, alertId)
      if (incidentId !== null) return { tenantId: tenant.id, incidentId }
      throw new AppError('not_found', 'this alert belongs to no incident', {
        remedy: 'Look it up in the customer’s Defender portal.',
      })
    },

    async update(actor, tenantId, incidentId, change, ifUpdatedAt = null) {
      requireAct(actor, 'triage')
      const tenant = await tenants.get(actor, tenantId)
      checkIncidentChange(change)
      const before = await defender.peekIncident(tenant.id, tenant.rolesGranted, incidentId)
      if (ifUpdatedAt !== null && before.updatedAt !== ifUpdatedAt) {
        throw new AppError('changed_upstream', 'the incident was changed at Microsoft since it was read', {
          remedy: 'Load it again and repeat the change on what it says now.',
          details: { updatedAt: before.updatedAt },
        })
      }

      const { comment, ...fields } = change
      const event = {
        actor,
        action: 'incident.updated',
        tenantId: tenant.id,
        tenantName: tenant.name,
        target: writeIncidentId(tenant.id, incidentId),
      }
      const from = Object.fromEntries(
        Object.keys(fields).map(name => [name, before[name as keyof typeof before]]),
      )
      const detail = { title: before.title, from, to: fields, ...(comment ? { comment } : {}) }
      try {
        const after = await defender.updateIncident(tenant.id, tenant.rolesGranted, incidentId, change)
        await audit.record({ ...event, detail })
        return toIncidentView({ ...after, alertCount: after.alertCount ?? before.alertCount }, tenant.name)
      } catch (error) {
        if (error instanceof RemoteError) {
          const { code, message, requestId } = error.failure
          await audit.record({
            ...event,
            result: 'failed',
            detail: { ...detail, failure: { code, message, requestId } },
          })
        }
        throw error
      }
    },
  }
}
