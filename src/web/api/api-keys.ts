import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiKeys } from '../../staff/keys/api-keys.ts'
import { staffRoles } from '../../tenants/actor.ts'
import { limitsInput, readLimits } from '../../tenants/limits.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { limits, refusals, time, toLimits } from './schemas.ts'

const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(staffRoles),
  prefix: z.string().describe('First characters, to recognise the key'),
  tenants: limits,
  addresses: z.array(z.string()).describe('Networks it may be used from; empty: from everywhere'),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time,
  lastUsedAt: time.nullable().describe('Noted once a minute at most'),
  lastUsedAddress: z.string().nullable(),
  revokedAt: time.nullable(),
  stopped: z.string().nullable().describe('Why it does not work; null while it does'),
})

const draft = z.strictObject({
  name: z.string().max(100),
  role: z.enum(staffRoles),
  tenants: limitsInput.default('all').describe('Nobody gives more than they hold'),
  expiresInDays: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Without it TENANTRY_KEY_DAYS; at most TENANTRY_KEY_MAX_DAYS'),
  addresses: z.array(z.string().max(100)).max(50).default([]),
})

/** Keys for programs. */
export async function keyApi(app: FastifyInstance, { apiKeys }: { apiKeys: ApiKeys }): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['API keys']

  api.get(
    '/api-keys',
    {
      config: { act: 'key.manage' },
      schema: {
        tags,
        summary: 'List API keys, those in use first',
        description: 'Whoever is limited to tenants sees the keys that see no more.',
        response: { 200: z.object({ items: z.array(apiKey) }), ...refusals },
      },
    },
    async request => ({ items: (await apiKeys.list(requireActor(request))).map(toAnswer) }),
  )

  api.post(
    '/api-keys',
    {
      config: { act: 'key.manage' },
      schema: {
        tags,
        summary: 'Make an API key',
        description:
          'The key is in this answer alone. Scanners for leaked secrets find it by `tnt_[0-9A-Za-z]{49}`; the last six characters are the CRC-32 of the 43 before them, in base 62 (0-9, A-Z, a-z).',
        body: draft,
        response: { 201: apiKey.extend({ key: z.string() }), ...refusals },
      },
    },
    async (request, reply) => {
      const { tenants, expiresInDays, ...rest } = request.body
      const { key, view } = await apiKeys.create(requireActor(request), {
        ...rest,
        tenants: readLimits(tenants),
        ...(expiresInDays === undefined ? {} : { expiresInDays }),
      })
      return reply.code(201).send({ ...toAnswer(view), key })
    },
  )

  api.delete(
    '/api-keys/:id',
    {
      config: { act: 'key.manage' },
      schema: {
        tags,
        summary: 'Revoke an API key',
        description: 'It is refused at once; its streams and downloads end within seconds.',
        params: z.object({ id: z.guid() }),
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await apiKeys.revoke(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )
}

function toAnswer(view: Awaited<ReturnType<ApiKeys['list']>>[number]) {
  return { ...view, tenants: toLimits(view.tenants) }
}
