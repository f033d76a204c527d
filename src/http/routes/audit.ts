import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import { requireAct } from '../../tenants/actor.ts'
import { requireActor } from '../plugins/actors.ts'

const filters = z.object({
  search: z.string().trim().max(200).optional().catch(undefined),
  action: z.string().trim().max(100).optional().catch(undefined),
  result: z.enum(['ok', 'refused', 'failed']).optional().catch(undefined),
  tenant: z.guid().optional().catch(undefined),
  cursor: z.string().max(40).optional(),
})

/** The record of who did what, for people; the JSON API has the same. */
export async function auditRoutes(app: FastifyInstance, { audit }: { audit: Audit }): Promise<void> {
  app.get<{ Querystring: Record<string, string> }>('/audit', async (request, reply) => {
    const actor = requireActor(request)
    const { cursor, tenant, ...rest } = filters.parse(request.query)
    const wanted = Object.fromEntries(
      Object.entries({ ...rest, tenantId: tenant }).filter(([, value]) => value),
    )
    const { items, nextCursor } = await audit.list(actor, wanted, { limit: 50, cursor: cursor ?? null })

    const next = new URLSearchParams(request.query)
    if (nextCursor) next.set('cursor', nextCursor)
    const first = new URLSearchParams(request.query)
    first.delete('cursor')
    return await reply.page(
      '/audit/index',
      { title: 'Audit', section: 'audit' },
      {
        events: items.map(event => ({ ...event, detail: readable(event.detail) })),
        filters: { ...rest, tenant },
        isFiltered: Object.keys(wanted).length > 0,
        nextHref: nextCursor ? `/audit?${next}` : null,
        firstHref: cursor ? `/audit?${first}` : null,
      },
    )
  })

  app.post('/audit/check', { preHandler: app.csrfProtection }, async (request, reply) => {
    requireAct(requireActor(request), 'manage-staff')
    const check = await audit.verifyChain()
    request.session.flash = check.intact
      ? {
          kind: 'success',
          text: `All ${check.count} events are as they were written: none was changed and none is missing.`,
        }
      : {
          kind: 'danger',
          text: `The record was tampered with at event ${check.brokenAtId} (${check.reason.replaceAll('_', ' ')}). Compare with a backup of the database.`,
        }
    return reply.redirect('/audit', 303)
  })
}

/** An event's detail as `name: value` lines. */
function readable(detail: unknown): { name: string; value: string }[] {
  if (typeof detail !== 'object' || detail === null) return []
  return Object.entries(detail).map(([name, value]) => ({
    name,
    value:
      typeof value === 'string'
        ? value
        : Array.isArray(value)
          ? value.join(', ') || 'none'
          : JSON.stringify(value),
  }))
}
