import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import type { Invitations } from '../../consent/invitations.ts'
import { requireAct } from '../../tenants/actor.ts'
import { surveyTenants } from '../../tenants/dependence.ts'
import type { TenantFilters } from '../../tenants/store.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { toTenantView } from '../../tenants/view.ts'
import { requireActor } from '../plugins/actors.ts'

type ReadinessOptions = {
  tenants: Tenants
  invitations: Invitations
  config: Pick<Config, 'requiredRoles'>
}

const query = z.object({
  ends: z.string().max(100).optional().catch(undefined),
  missing: z.string().max(200).optional().catch(undefined),
  cursor: z.string().max(2000).optional().catch(undefined),
})
const facts = { title: 'Readiness', section: 'readiness' } as const

/** What ends or is missing over all tenants, who is concerned, and the links that put it right. */
export async function readinessRoutes(app: FastifyInstance, options: ReadinessOptions): Promise<void> {
  const { tenants, invitations, config } = options

  app.get('/readiness', async (request, reply) => {
    const actor = requireActor(request)
    const { ends, missing, cursor } = query.parse(request.query)
    const survey = await surveyTenants(tenants, actor, config.requiredRoles)
    const ending = survey.endings.find(({ key }) => key === ends) ?? null
    const lack = ending ? null : (survey.lacks.find(({ key }) => key === missing) ?? null)

    const filters: TenantFilters = ending ? { dependsOn: ending } : lack ? { missingRole: lack.key } : {}
    const page =
      ending || lack ? await tenants.list(actor, filters, { limit: 50, cursor: cursor ?? null }) : null
    const here = `/readiness?${new URLSearchParams(ending ? { ends: ending.key } : { missing: lack?.key ?? '' })}`
    return await reply.page('/readiness/index', facts, {
      ...survey,
      ending,
      lack,
      tenants: page?.items.map(toTenantView) ?? [],
      here,
      nextHref: page?.nextCursor ? `${here}&cursor=${page.nextCursor}` : null,
      firstHref: cursor ? here : null,
    })
  })

  app.post('/readiness/links', { preHandler: app.csrfProtection }, async (request, reply) => {
    const actor = requireActor(request)
    requireAct(actor, 'invite')
    const { tenantId } = z
      .object({ tenantId: z.union([z.guid(), z.array(z.guid()).max(50)]) })
      .parse(request.body ?? {})
    const links: { id: string; isNew: boolean }[] = []
    for (const id of [tenantId].flat()) {
      const { invitation, isNew } = await invitations.reconsent(actor, id)
      links.push({ id: invitation.id, isNew })
    }
    request.session.flash = { kind: 'success', text: linkWords(links) }
    return reply.redirect(links.length === 1 ? `/invitations/${links[0]?.id}` : '/invitations', 303)
  })
}

/** How many links were made, and how many had been open already. */
function linkWords(links: readonly { isNew: boolean }[]): string {
  const made = links.filter(({ isNew }) => isNew).length
  const open = links.length - made
  if (links.length === 1) {
    return made === 1
      ? 'The link is made. Send it to an administrator of the customer.'
      : 'A link for this tenant was open already: here it is.'
  }
  const words = [`${made} ${made === 1 ? 'link is' : 'links are'} made`]
  if (open > 0) words.push(`${open} ${open === 1 ? 'was' : 'were'} open already`)
  return `${words.join(', ')}. Send each to its customer.`
}
