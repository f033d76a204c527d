import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Audit } from '../../../audit/audit.ts'
import { requireActor } from '../../plugins/actors.ts'
import { listOf, listQuery, refusals, time } from './schemas.ts'

const event = z.object({
  id: z.string(),
  at: time,
  actor: z.object({ kind: z.string(), id: z.string(), label: z.string() }),
  action: z.string(),
  tenantId: z.string().nullable(),
  tenantName: z.string().nullable(),
  target: z.string().nullable(),
  result: z.string(),
  detail: z.unknown(),
  hash: z.string().describe('Covers this event and the hash of the one before'),
})

/** Who did what, when, to which tenant, with which result. */
export async function auditApi(app: FastifyInstance, { audit }: { audit: Audit }): Promise<void> {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/audit',
    {
      schema: {
        tags: ['Audit'],
        summary: 'List audit events, newest first',
        querystring: listQuery.extend({
          tenant: z.guid().optional(),
          action: z.string().max(100).optional(),
        }),
        response: { 200: listOf(event), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, tenant, action } = request.query
      const filters = { ...(tenant ? { tenantId: tenant } : {}), ...(action ? { action } : {}) }
      return await audit.list(requireActor(request), filters, { limit, cursor: cursor ?? null })
    },
  )
}
