import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { toInvitationView } from '../../../consent/invitation-view.ts'
import type { Invitations } from '../../../consent/invitations.ts'
import { requireActor } from '../../plugins/actors.ts'
import { listOf, listQuery, problem, refusals, time } from './schemas.ts'

const status = z.enum([
  'created',
  'opened',
  'started',
  'declined',
  'failed',
  'consented',
  'verified',
  'expired',
  'revoked',
])

const invitation = z.object({
  id: z.string(),
  customerName: z.string(),
  tenantId: z.string().nullable().describe('Tenant it is pinned to, or that was connected through it'),
  status,
  joinUrl: z.string().describe('The link for the customer’s administrator'),
  createdAt: time,
  expiresAt: time,
})

const invitationWithEvents = invitation.extend({
  events: z.array(z.object({ at: time, type: z.string(), detail: z.string().nullable() })),
})

const byId = z.object({ id: z.guid() })
const hours = z.number().int().min(1).max(2160)

/** Consent links: make, look, extend, withdraw. */
export async function invitationApi(
  app: FastifyInstance,
  { invitations, key, publicUrl }: { invitations: Invitations; key: Buffer; publicUrl: string },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Invitations']
  const view = (record: Awaited<ReturnType<Invitations['get']>>) =>
    toInvitationView(record, { key, publicUrl })

  api.post(
    '/invitations',
    {
      schema: {
        tags,
        summary: 'Make a consent link for a customer',
        body: z.strictObject({
          customerName: z.string().trim().min(1).max(200),
          tenant: z
            .string()
            .trim()
            .min(1)
            .max(253)
            .optional()
            .describe('Tenant id or domain; pins the link to that tenant'),
          expiresInHours: hours.optional().describe('Default 168, a week'),
        }),
        response: { 201: invitation, 409: problem, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(201).send(view(await invitations.create(requireActor(request), request.body))),
  )

  api.get(
    '/invitations',
    {
      schema: {
        tags,
        summary: 'List invitations, newest first',
        querystring: listQuery.extend({ status: status.optional(), search: z.string().max(200).optional() }),
        response: { 200: listOf(invitationWithEvents), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, ...filters } = request.query
      const page = await invitations.list(requireActor(request), filters, { limit, cursor: cursor ?? null })
      return { items: page.items.map(view), nextCursor: page.nextCursor }
    },
  )

  api.get(
    '/invitations/:id',
    {
      schema: {
        tags,
        summary: 'Get an invitation',
        params: byId,
        response: { 200: invitationWithEvents, ...refusals },
      },
    },
    async request => view(await invitations.get(requireActor(request), request.params.id)),
  )

  api.post(
    '/invitations/:id/revocation',
    {
      schema: {
        tags,
        summary: 'Withdraw an invitation',
        params: byId,
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request => view(await invitations.revoke(requireActor(request), request.params.id)),
  )

  api.post(
    '/invitations/:id/extension',
    {
      schema: {
        tags,
        summary: 'Make an invitation valid for so many hours from now',
        params: byId,
        body: z.strictObject({ hours: hours.default(168) }),
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request =>
      view(await invitations.extend(requireActor(request), request.params.id, request.body.hours)),
  )
}
