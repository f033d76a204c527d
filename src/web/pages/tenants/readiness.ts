import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../../config.ts'
import type { Invitations } from '../../../invitations/invitations.ts'
import type { TenantFilters } from '../../../tenants/list/list-store.ts'
import { readTenantReadiness } from '../../../tenants/readiness/readiness.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { toTenantView } from '../../../tenants/view.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'

type ReadinessOptions = {
  tenants: Tenants
  invitations: Invitations
  config: Pick<Config, 'requiredRoles'>
}

const query = z.object({
  ends: z.string().max(100).optional().catch(undefined),
  missing: z.string().max(200).optional().catch(undefined),
  cause: z.string().max(100).optional().catch(undefined),
  cursor: z.string().max(2000).optional().catch(undefined),
})
const head = { title: 'Readiness', section: 'readiness' } as const

/** What ends or is missing over all tenants, who is concerned, and the links that put it right. */
export async function readinessRoutes(app: FastifyInstance, options: ReadinessOptions): Promise<void> {
  const { tenants, invitations, config } = options

  app.get('/readiness', { config: { act: 'tenant.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { cursor, ...asked } = readInput(query, request.query)
    const readiness = await readTenantReadiness(tenants, actor, config.requiredRoles)
    const chosen = choose(readiness, asked)
    const page = chosen
      ? await tenants.list(actor, chosen.filters, { limit: 50, cursor: cursor ?? null })
      : null
    return await reply.page('/readiness/index', head, {
      ...readiness,
      chosen,
      tenants: page?.items.map(toTenantView) ?? [],
      nextHref: page?.nextCursor ? `${chosen?.href}&cursor=${page.nextCursor}` : null,
      firstHref: cursor ? chosen?.href : null,
    })
  })

  app.post('/readiness/links', { config: { act: 'invitation.create' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { tenantId } = readInput(
      z.object({ tenantId: z.union([z.guid(), z.array(z.guid()).max(50)]) }),
      request.body,
    )
    const links: { id: string; isNew: boolean }[] = []
    for (const id of [tenantId].flat()) {
      const { invitation, isNew } = await invitations.reconsent(actor, id)
      links.push({ id: invitation.id, isNew })
    }
    request.session.flash = { kind: 'success', text: linkWords(links) }
    return reply.redirect(links.length === 1 ? `/invitations/${links[0]?.id}` : '/invitations', 303)
  })
}

type Chosen = {
  /** Of the line that is looked at. */
  key: string
  title: string
  count: number
  filters: TenantFilters
  href: string
  /** A consent link puts it right. */
  linkHelps: boolean
}

/** The line whose tenants are asked for. */
function choose(
  { endings, lacks, changes }: Awaited<ReturnType<typeof readTenantReadiness>>,
  { ends, missing, cause }: Omit<z.output<typeof query>, 'cursor'>,
): Chosen | null {
  const address = (name: string, key: string) => `/readiness?${new URLSearchParams({ [name]: key })}`

  const ending = endings.find(({ key }) => key === ends)
  if (ending) {
    const { key, label, product, count, isAskedFor } = ending
    const title = `${label}: on ${product}`
    return {
      key,
      title,
      count,
      filters: { dependsOn: ending },
      href: address('ends', key),
      linkHelps: isAskedFor,
    }
  }
  const lack = lacks.find(({ key }) => key === missing)
  if (lack) {
    const { key, role, count } = lack
    const title = `Without ${role}`
    return {
      key,
      title,
      count,
      filters: { missingRole: key },
      href: address('missing', key),
      linkHelps: true,
    }
  }
  const change = changes.find(({ code }) => code === cause)
  if (!change) return null
  const { code, message, count, linkHelps } = change
  return {
    key: code,
    title: message,
    count,
    filters: { errorCode: code },
    href: address('cause', code),
    linkHelps,
  }
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
