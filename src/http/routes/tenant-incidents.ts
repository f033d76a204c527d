import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Evidence } from '../../defender/index.ts'
import type { IncidentService, IncidentView } from '../../incidents/incidents.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { requireActor } from '../plugins/actors.ts'
import { type ShownFailure, showFailure } from '../shown-failure.ts'
import { tenantPage } from '../tenant-page.ts'

type WithTenant = { Params: { tenantId: string } }
type WithAlert = { Params: { tenantId: string; alertId: string } }
type WithIncident = { Params: { tenantId: string; incidentId: string } }

const query = z.object({
  status: z.enum(['active', 'inProgress', 'resolved', 'awaitingAction']).optional().catch(undefined),
  severity: z.enum(['high', 'medium', 'low', 'informational']).optional().catch(undefined),
  cursor: z.string().max(60_000).optional().catch(undefined),
})

type Listed = { items: IncidentView[]; nextCursor: string | null; failure: ShownFailure | null }

/** The incidents of one tenant as its Defender has them now. */
export async function tenantIncidentRoutes(
  app: FastifyInstance,
  { tenants, incidents }: { tenants: Tenants; incidents: IncidentService },
): Promise<void> {
  /** What is listed, or why nothing is: a dead service does not take the page away. */
  async function list(...asked: Parameters<IncidentService['listLive']>): Promise<Listed> {
    try {
      return { ...(await incidents.listLive(...asked)), failure: null }
    } catch (error) {
      return { items: [], nextCursor: null, failure: showFailure(error) }
    }
  }

  app.get<WithTenant>('/tenants/:tenantId/incidents', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const { cursor, ...wanted } = query.parse(request.query)
    const filters = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value))
    const { items, nextCursor, failure } = await list(actor, tenant.id, {
      ...filters,
      limit: 50,
      cursor: cursor ?? null,
    })
    const home = `/tenants/${tenant.id}`
    const address = (more: Record<string, string>) => {
      const search = new URLSearchParams({ ...filters, ...more })
      return `${home}/incidents${search.size > 0 ? `?${search}` : ''}`
    }
    const data = {
      incidents: items,
      failure,
      wanted,
      isFiltered: Object.keys(filters).length > 0,
      home,
      nextHref: nextCursor ? address({ cursor: nextCursor }) : null,
      firstHref: cursor ? address({}) : null,
      now: new Date(),
    }
    if (request.headers['hx-request']) return await reply.partial('/tenants/_incidents', data)
    return await tenantPage(reply.header('vary', 'hx-request'), tenant, '/tenants/incidents', {
      heading: 'Incidents',
      ...data,
    })
  })

  /** The few newest, which the tenant's page fetches once it is shown: no page waits for a live call. */
  app.get<WithTenant>('/tenants/:tenantId/incidents/latest', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const home = `/tenants/${tenant.id}`
    if (!request.headers['hx-request']) return reply.redirect(`${home}/incidents`, 303)
    const { items, failure } = await list(actor, tenant.id, { limit: 6 })
    return await reply.partial('/tenants/_incidents-latest', {
      incidents: items,
      failure,
      home,
      now: new Date(),
    })
  })

  app.get<WithIncident>('/tenants/:tenantId/incidents/:incidentId', async (request, reply) => {
    const actor = requireActor(request)
    const { tenantId, incidentId } = request.params
    const tenant = await tenants.get(actor, tenantId)
    const incident = await incidents.getLive(actor, tenant.id, incidentId)
    const alerts =
      incident.alerts?.map(alert => ({ ...alert, evidence: groupEvidence(alert.evidence) })) ?? null
    return await tenantPage(reply, tenant, '/tenants/incident', {
      heading: incident.title,
      parents: [{ href: `/tenants/${tenant.id}/incidents`, label: 'Incidents' }],
      incident: { ...incident, alerts },
    })
  })

  /** An alert is shown with its incident; where only its id is known, this leads there. */
  app.get<WithAlert>('/tenants/:tenantId/alerts/:alertId', async (request, reply) => {
    const { alertId } = request.params
    const actor = requireActor(request)
    const { tenantId, incidentId } = await incidents.ofAlert(actor, request.params.tenantId, alertId)
    return reply.redirect(`/tenants/${tenantId}/incidents/${incidentId}#${encodeURIComponent(alertId)}`, 303)
  })
}

/** The evidence of one alert by kind, in the order in which the kinds first appear. */
function groupEvidence(evidence: Evidence[]): { kind: Evidence['kind']; items: Evidence[] }[] {
  return [...Map.groupBy(evidence, ({ kind }) => kind)].map(([kind, items]) => ({ kind, items }))
}
