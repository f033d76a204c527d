import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ActivityService } from '../../../audit/activity/activity.ts'
import type { Config } from '../../../config.ts'
import type { Actor } from '../../../tenants/actor.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { originOf } from '../../request-origin.ts'
import { tenantPage } from '../tenants/tenant-page.ts'
import { activityLine } from './words.ts'

type WithTenant = { Params: { tenantId: string } }
type WithLink = { Params: { tenantId: string; id: string } }
type ByToken = { Params: { token: string } }

const lives = [7, 30, 90, 365]
const linkForm = z.object({
  days: z.coerce
    .number()
    .refine(days => lives.includes(days))
    .catch(30),
})
const place = z.object({ cursor: z.string().max(40).optional().catch(undefined) })

type Options = { activity: ActivityService; tenants: Tenants; config: Config }

/** What was done in a customer's tenant: the page that the customer reads, and the links to it. */
export async function activityRoutes(
  app: FastifyInstance,
  { activity, tenants, config }: Options,
): Promise<void> {
  app.get<ByToken>(
    '/activity/:token',
    { config: { act: 'public', rateLimit: { max: 60, timeWindow: '1 minute' } } },
    async (request, reply) => {
      const { cursor = null } = readInput(place, request.query)
      const found = await activity.open(request.params.token, cursor, originOf(request))
      if (!found) return await reply.code(404).page('/activity/nothing', { title: 'This link leads nowhere' })
      return await reply.page(
        '/activity/index',
        { title: `What was done for ${found.tenantName}`, width: 'wide' },
        {
          tenantName: found.tenantName,
          expiresAt: found.expiresAt,
          lines: found.events.map(event => activityLine(event, config.partnerName)),
          nextHref: found.nextCursor ? `?cursor=${found.nextCursor}` : null,
          isFirst: cursor === null,
        },
      )
    },
  )

  async function view(actor: Actor, tenantId: string) {
    return { heading: 'Activity links', links: await activity.links(actor, tenantId), lives }
  }

  app.get<WithTenant>(
    '/tenants/:tenantId/activity-links',
    { config: { act: 'activity.share' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      return await tenantPage(reply, tenant, '/tenants/activity-links', {
        ...(await view(actor, tenant.id)),
        newUrl: null,
      })
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/activity-links',
    { config: { act: 'activity.share' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { days } = readInput(linkForm, request.body)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { token } = await activity.createLink(actor, tenant.id, days)
      // Not a redirect: the link is shown once, and must not be kept for the next request.
      return await tenantPage(reply.code(201), tenant, '/tenants/activity-links', {
        ...(await view(actor, tenant.id)),
        newUrl: `${config.publicUrl}/activity/${token}`,
      })
    },
  )

  app.post<WithLink>(
    '/tenants/:tenantId/activity-links/:id/revocation',
    { config: { act: 'activity.share' } },
    async (request, reply) => {
      const { tenantId, id } = request.params
      await activity.revokeLink(requireActor(request), tenantId, id)
      request.session.flash = { kind: 'success', text: 'The link is revoked: it opens nothing from now on.' }
      return reply.redirect(`/tenants/${encodeURIComponent(tenantId)}/activity-links`, 303)
    },
  )
}
