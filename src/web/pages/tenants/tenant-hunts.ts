import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Tenants } from '../../../tenants/tenants.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'

type WithTenant = { Params: { tenantId: string } }

const link = z.object({
  /** What the editor begins with; what it cannot be is refused there. */
  query: z.string().optional().catch(undefined),
  timespan: z.string().optional().catch(undefined),
})

/** The tab of a tenant that leads to the hunt editor, with this tenant chosen. */
export async function tenantHuntRoutes(
  app: FastifyInstance,
  { tenants }: { tenants: Tenants },
): Promise<void> {
  app.get<WithTenant>('/tenants/:tenantId/hunt', { config: { act: 'hunt.read' } }, async (request, reply) => {
    const tenant = await tenants.get(requireActor(request), request.params.tenantId)
    const { query, timespan } = readInput(link, request.query)
    const draft = new URLSearchParams({ scope: 'chosen', tenantIds: tenant.id })
    if (query) draft.set('query', query)
    if (timespan) draft.set('timespan', timespan)
    return reply.redirect(`/hunts?${draft}`, 303)
  })
}
