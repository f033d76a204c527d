import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Behind, Freshness } from '../../../incidents/freshness.ts'
import type { IncidentService } from '../../../incidents/incidents.ts'
import type { IncidentFilters } from '../../../incidents/model.ts'
import type { Queue } from '../../../incidents/queue/queue.ts'
import type { Actor } from '../../../tenants/actor.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { incidentHref } from '../incidents/queue/queue.ts'
import { tenantPage } from './tenant-page.ts'

type WithTenant = { Params: { tenantId: string } }
type WithAlert = { Params: { tenantId: string; alertId: string } }
type WithIncident = { Params: { tenantId: string; incidentId: string } }

const query = z.object({
  status: z.enum(['active', 'inProgress', 'resolved', 'awaitingAction']).optional().catch(undefined),
  severity: z.enum(['high', 'medium', 'low', 'informational']).optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
})

type Deps = { tenants: Tenants; queue: Queue; freshness: Freshness; incidents: IncidentService }

/** The incidents of one tenant, from the store. */
export async function tenantIncidentRoutes(app: FastifyInstance, deps: Deps): Promise<void> {
  const { tenants, queue, freshness, incidents } = deps

  /** What is listed, and why it may not be all. */
  async function list(
    actor: Actor,
    tenantId: string,
    filters: IncidentFilters,
    page: { limit: number; cursor?: string | null },
  ) {
    const [{ items, nextCursor }, [behind]] = await Promise.all([
      queue.list(actor, { ...filters, tenants: [tenantId] }, page),
      freshness.behind(actor, { tenants: [tenantId] }, 1),
    ])
    const shown = items.map(incident => ({ ...incident, href: incidentHref(incident.id) }))
    return { incidents: shown, nextCursor, ...freshnessNotes(behind) }
  }

  app.get<WithTenant>(
    '/tenants/:tenantId/incidents',
    { config: { act: 'incident.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { cursor, ...wanted } = readInput(query, request.query)
      const filters = {
        ...(wanted.status ? { statuses: [wanted.status] } : {}),
        ...(wanted.severity ? { severities: [wanted.severity] } : {}),
      }
      const { nextCursor, ...listed } = await list(actor, tenant.id, filters, {
        limit: 50,
        cursor: cursor ?? null,
      })
      const home = `/tenants/${tenant.id}`
      const address = (more: Record<string, string>) => {
        const given = Object.entries({ ...wanted, ...more }).filter(([, value]) => value)
        const search = new URLSearchParams(given as [string, string][])
        return `${home}/incidents${search.size > 0 ? `?${search}` : ''}`
      }
      const data = {
        ...listed,
        wanted,
        isFiltered: Object.keys(filters).length > 0,
        home,
        hereHref: address(cursor ? { cursor } : {}),
        nextHref: nextCursor ? address({ cursor: nextCursor }) : null,
        firstHref: cursor ? address({}) : null,
        now: new Date(),
      }
      if (request.headers['hx-request']) return await reply.partial('/tenants/_incidents', data)
      return await tenantPage(reply.header('vary', 'hx-request'), tenant, '/tenants/incidents', {
        heading: 'Incidents',
        ...data,
      })
    },
  )

  /** The few newest, which the tenant's page fetches once it is shown. */
  app.get<WithTenant>(
    '/tenants/:tenantId/incidents/latest',
    { config: { act: 'incident.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const home = `/tenants/${tenant.id}`
      if (!request.headers['hx-request']) return reply.redirect(`${home}/incidents`, 303)
      const listed = await list(actor, tenant.id, {}, { limit: 6 })
      return await reply.partial('/tenants/_incidents-latest', { ...listed, home, now: new Date() })
    },
  )

  /** An address by the tenant's own number, as hunts and devices tell it. */
  app.get<WithIncident>(
    '/tenants/:tenantId/incidents/:incidentId',
    { config: { act: 'incident.read' } },
    async (request, reply) => {
      const { tenantId, incidentId } = request.params
      const id = await incidents.ensureStored(requireActor(request), tenantId, incidentId)
      return reply.redirect(incidentHref(id), 303)
    },
  )

  /** An alert is shown with its incident; where only its id is known, this leads there. */
  app.get<WithAlert>(
    '/tenants/:tenantId/alerts/:alertId',
    { config: { act: 'incident.read' } },
    async (request, reply) => {
      const { alertId } = request.params
      const actor = requireActor(request)
      const { tenantId, incidentId } = await incidents.ofAlert(actor, request.params.tenantId, alertId)
      const id = await incidents.ensureStored(actor, tenantId, incidentId)
      return reply.redirect(`${incidentHref(id)}#${encodeURIComponent(alertId)}`, 303)
    },
  )
}

/** Why a tenant's incidents are not up to date, and whether that ends by itself in a moment. */
function freshnessNotes(behind: Behind | undefined) {
  const isStarting = behind?.error.code === 'first_run' || (behind?.error.code === 'late' && !behind.syncedAt)
  return { failure: isStarting ? null : (behind?.error ?? null), isStarting }
}
