import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type WebhookFormat, webhookFormats } from '../../notifications/webhooks/formats.ts'
import type { Webhooks } from '../../notifications/webhooks/webhooks.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { listOf, listQuery, problem, refusals, time } from './schemas.ts'

const format = z.enum(Object.keys(webhookFormats) as [WebhookFormat, ...WebhookFormat[]])

const delivery = z.object({
  id: z.string(),
  event: z.string(),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.number().int(),
  nextAttemptAt: time.nullable(),
  lastStatus: z.number().int().nullable().describe('HTTP status of the last answer'),
  lastError: z.string().nullable(),
  durationMs: z.number().int().nullable(),
  createdAt: time,
  finishedAt: time.nullable(),
  replayOfId: z.string().nullable(),
  summary: z.string(),
})

const webhook = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  format,
  allowPrivate: z.boolean(),
  limitedToTags: z.array(z.string()),
  limitedToTenants: z.array(z.string()),
  rulesOnly: z.boolean(),
  enabled: z.boolean(),
  createdBy: z.string(),
  createdAt: time,
  rotatedAt: time.nullable().describe('When the secret was changed last'),
  lastDelivery: delivery.nullable(),
})

const draft = z.strictObject({
  name: z.string().max(500),
  url: z.string().max(3000).describe('https; plain http for loopback only'),
  format: format.default('json'),
  allowPrivate: z
    .boolean()
    .default(false)
    .describe('Whether the address may lie in a private network or on the server; link-local never'),
  limitedToTags: z
    .array(z.string())
    .max(50)
    .default([])
    .describe('Told of tenants with one of these tags only'),
  limitedToTenants: z
    .array(z.guid())
    .max(1000)
    .default([])
    .describe('Told of these tenants, beside those with a tag'),
  rulesOnly: z
    .boolean()
    .default(false)
    .describe('Told by notification rules only, and not what schedules find'),
})

const byId = z.object({ id: z.uuid() })

/** Webhooks that receive what schedules find. */
export async function webhookApi(app: FastifyInstance, { webhooks }: { webhooks: Webhooks }): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Webhooks']
  const queued = z.object({ deliveryId: z.string() })

  api.get(
    '/webhooks',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'List webhooks by name',
        response: { 200: z.object({ items: z.array(webhook) }), ...refusals },
      },
    },
    async request => ({ items: await webhooks.list(requireActor(request)) }),
  )

  api.get(
    '/webhooks/:id',
    {
      config: { act: 'webhook.manage' },
      schema: { tags, summary: 'Get a webhook', params: byId, response: { 200: webhook, ...refusals } },
    },
    async request => await webhooks.get(requireActor(request), request.params.id),
  )

  api.post(
    '/webhooks',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'Add a webhook',
        description:
          'Messages carry `webhook-id`, `webhook-timestamp` and `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, keyed with the base64-decoded part of the secret behind `whsec_` (Standard Webhooks).',
        body: draft,
        response: { 201: webhook.extend({ secret: z.string() }), ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await webhooks.create(requireActor(request), request.body)),
  )

  api.put(
    '/webhooks/:id',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'Change a webhook',
        params: byId,
        body: draft,
        response: { 200: webhook, ...refusals },
      },
    },
    async request => await webhooks.change(requireActor(request), request.params.id, request.body),
  )

  api.put(
    '/webhooks/:id/enabled',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'Pause or resume a webhook',
        description: 'A paused webhook is told nothing, not even later.',
        params: byId,
        body: z.strictObject({ enabled: z.boolean() }),
        response: { 200: webhook, ...refusals },
      },
    },
    async request =>
      await webhooks.setEnabled(requireActor(request), request.params.id, request.body.enabled),
  )

  api.delete(
    '/webhooks/:id',
    {
      config: { act: 'webhook.manage' },
      schema: { tags, summary: 'Remove a webhook', params: byId, response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      await webhooks.remove(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/webhooks/:id/secret',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'Change the secret',
        description: 'Messages are signed with the old and the new one for a day.',
        params: byId,
        response: { 200: z.object({ secret: z.string() }), 409: problem, ...refusals },
      },
    },
    async request => ({ secret: await webhooks.rotateSecret(requireActor(request), request.params.id) }),
  )

  api.post(
    '/webhooks/:id/test',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'Send a trial message',
        params: byId,
        response: { 202: queued, 409: problem, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(202).send({ deliveryId: await webhooks.test(requireActor(request), request.params.id) }),
  )

  api.get(
    '/webhooks/:id/deliveries',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'List messages, newest first',
        params: byId,
        querystring: listQuery,
        response: { 200: listOf(delivery), ...refusals },
      },
    },
    async request => {
      const { limit, cursor } = request.query
      const page = { limit, cursor: cursor ?? null }
      return await webhooks.deliveries(requireActor(request), request.params.id, page)
    },
  )

  api.post(
    '/webhooks/:id/deliveries/:deliveryId/replay',
    {
      config: { act: 'webhook.manage' },
      schema: {
        tags,
        summary: 'Send a message again, with the id of the first',
        params: z.object({ id: z.uuid(), deliveryId: z.uuid() }),
        response: { 202: queued, 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const { id, deliveryId } = request.params
      const made = await webhooks.replay(requireActor(request), id, deliveryId)
      return reply.code(202).send({ deliveryId: made })
    },
  )
}
