import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { failure } from '../../errors.ts'
import type { Connect } from '../../onboarding/connect.ts'
import { shownStatuses } from '../../tenants/store.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { toTenantView } from '../../tenants/view.ts'
import type { Verification } from '../../verification/verification.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { approval } from './approvals.ts'
import { contact, listOf, listQuery, refusals, tenantId, time } from './schemas.ts'

const surface = z.object({
  surface: z.enum(['graph', 'defender', 'endpoint']),
  status: z.string(),
  lastSuccessAt: time.nullable(),
  lastError: failure.nullable(),
  capabilities: z.array(z.string()).describe('What uses this surface in this tenant'),
  endsOn: z.string().nullable().describe('First date on which something that uses it may end'),
})

const tenant = z.object({
  tenantId,
  name: z.string(),
  domain: z.string().nullable(),
  status: z.enum(shownStatuses),
  suspension: z
    .object({ reason: z.string(), by: z.string(), since: time, scope: z.enum(['tenant', 'all']) })
    .nullable()
    .describe('Who stopped the calls to it, when and why; null while they go out'),
  tags: z.array(z.string()),
  contact: contact.nullable(),
  roles: z.object({ granted: z.array(z.string()), missing: z.array(z.string()) }),
  surfaces: z.array(surface),
  consentedAt: time.nullable(),
  consentedBy: z
    .object({
      objectId: z.string(),
      username: z.string().nullable(),
      administrator: z
        .boolean()
        .nullable()
        .describe('Whether the sign-in showed a directory role that can approve; null when it told none'),
    })
    .nullable(),
  verifiedAt: time.nullable(),
  lastSuccessAt: time.nullable(),
  lastError: failure.nullable(),
})

const byId = z.object({ tenantId })

/** Tenants: list, connect, verify, tag, offboard. */
export async function tenantApi(
  app: FastifyInstance,
  { tenants, connect, verification }: { tenants: Tenants; connect: Connect; verification: Verification },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Tenants']

  api.get(
    '/tenants',
    {
      config: { act: 'tenant.read' },
      schema: {
        tags,
        summary: 'List tenants',
        querystring: listQuery.extend({
          search: z.string().max(200).optional().describe('Part of a name, a domain or a tenant id'),
          status: tenant.shape.status.optional(),
          tag: z.string().max(64).optional(),
        }),
        response: { 200: listOf(tenant), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, ...filters } = request.query
      const page = await tenants.list(requireActor(request), filters, { limit, cursor: cursor ?? null })
      return { items: page.items.map(toTenantView), nextCursor: page.nextCursor }
    },
  )

  api.get(
    '/tenants/:tenantId',
    {
      config: { act: 'tenant.read' },
      schema: { tags, summary: 'Get a tenant', params: byId, response: { 200: tenant, ...refusals } },
    },
    async request => toTenantView(await tenants.get(requireActor(request), request.params.tenantId)),
  )

  api.post(
    '/tenants',
    {
      config: { act: 'tenant.connect' },
      schema: {
        tags,
        summary: 'Connect a tenant that consented elsewhere',
        description:
          'Proven by a token of our application for that tenant; 422 `consent_missing` when there is none.',
        body: z.strictObject({
          tenant: z.string().trim().min(1).max(253).describe('Tenant id or domain'),
          name: z.string().trim().min(1).max(200).describe('Name of the customer'),
        }),
        response: { 201: tenant, 409: refusals[422], ...refusals },
      },
    },
    async (request, reply) => {
      const connected = await connect.connectTenant(requireActor(request), request.body)
      return reply.code(201).send(toTenantView(connected))
    },
  )

  api.post(
    '/tenants/:tenantId/verification',
    {
      config: { act: 'tenant.verify' },
      schema: { tags, summary: 'Check a tenant now', params: byId, response: { 200: tenant, ...refusals } },
    },
    async request => {
      const actor = requireActor(request)
      await verification.verifyNow(actor, request.params.tenantId)
      return toTenantView(await tenants.get(actor, request.params.tenantId))
    },
  )

  api.patch(
    '/tenants/:tenantId',
    {
      config: { act: 'tenant.write' },
      schema: {
        tags,
        summary: 'Rename a tenant, set its tags',
        description: 'What is left out stays. The tags given replace all that it has.',
        params: byId,
        body: z.strictObject({
          name: z.string().trim().min(1).max(200).optional(),
          tags: z.array(z.string()).max(50).optional(),
        }),
        response: { 200: tenant, ...refusals },
      },
    },
    async request =>
      toTenantView(await tenants.change(requireActor(request), request.params.tenantId, request.body)),
  )

  api.delete(
    '/tenants/:tenantId',
    {
      config: { act: 'tenant.offboard' },
      schema: {
        tags,
        summary: 'Offboard a tenant',
        description:
          'Drops its tokens and purges its data; the audit is kept. Microsoft is not told: the customer revokes the consent there.',
        params: byId,
        response: { 202: approval, 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await tenants.remove(requireActor(request), request.params.tenantId)
      return reply.code(204).send(null)
    },
  )
}
