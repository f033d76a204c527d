import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Suspension } from '../../suspension/suspension.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { refusals, tenantId, time } from './schemas.ts'

const suspended = z.object({
  tenantId: tenantId.nullable().describe('Null: everything'),
  tenantName: z.string().nullable(),
  reason: z.string(),
  by: z.string(),
  since: time,
})

const body = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('Everybody sees it while the suspension lasts'),
})

const byTenant = z.object({ tenantId })

/** The kill switch: stops calls to a tenant, or to all. */
export async function suspensionApi(
  app: FastifyInstance,
  { suspension }: { suspension: Suspension },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Suspension']
  const description =
    'Within a second every process drops its tokens and makes no call: what runs ends with the failure `suspended`, what is queued waits. A second time changes the reason alone.'

  api.get(
    '/suspensions',
    {
      config: { act: 'tenant.read' },
      schema: {
        tags,
        summary: 'List what is suspended',
        response: { 200: z.object({ items: z.array(suspended) }), ...refusals },
      },
    },
    async request => ({ items: await suspension.list(requireActor(request)) }),
  )

  api.put(
    '/suspension',
    {
      config: { act: 'tenant.suspend' },
      schema: {
        tags,
        summary: 'Suspend everything',
        description,
        body,
        response: { 200: suspended, ...refusals },
      },
    },
    async request => await suspension.suspend(requireActor(request), null, request.body.reason),
  )

  api.delete(
    '/suspension',
    {
      config: { act: 'tenant.suspend' },
      schema: {
        tags,
        summary: 'End the suspension of everything',
        description: 'What waited goes on. Tenants that are suspended on their own stay so.',
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await suspension.resume(requireActor(request), null)
      return reply.code(204).send(null)
    },
  )

  api.put(
    '/tenants/:tenantId/suspension',
    {
      config: { act: 'tenant.suspend' },
      schema: {
        tags,
        summary: 'Suspend a tenant',
        description,
        params: byTenant,
        body,
        response: { 200: suspended, ...refusals },
      },
    },
    async request =>
      await suspension.suspend(requireActor(request), request.params.tenantId, request.body.reason),
  )

  api.delete(
    '/tenants/:tenantId/suspension',
    {
      config: { act: 'tenant.suspend' },
      schema: {
        tags,
        summary: 'End the suspension of a tenant',
        description: 'What waited goes on, unless everything is suspended too.',
        params: byTenant,
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await suspension.resume(requireActor(request), request.params.tenantId)
      return reply.code(204).send(null)
    },
  )
}
