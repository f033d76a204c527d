import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IgnoredIndicators, IgnoredView } from '../../../incidents/sightings/ignored.ts'
import { indicatorKinds } from '../../../incidents/sightings/kinds.ts'
import type { Sightings } from '../../../incidents/sightings/sightings.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { listOf, listQuery, refusals, tenantId, time } from '../schemas.ts'
import { many } from './incident-query.ts'

const dayMs = 86_400_000

const kind = z.enum(indicatorKinds)

const sighting = z.object({
  kind,
  value: z.string().describe('As the `entity` filter of incidents takes it'),
  label: z.string().describe('As it was written'),
  tenants: z
    .array(
      z.object({
        tenantId,
        tenantName: z.string(),
        incidents: z.array(z.string()).describe('Ids, latest first'),
      }),
    )
    .describe('At least two; of a value in hundreds of incidents, those of the latest'),
  firstSeenAt: time,
  lastSeenAt: time,
})

const ignored = z.object({
  id: z.guid(),
  kind: z.string(),
  pattern: z.string(),
  note: z.string().nullable(),
  addedBy: z.string(),
  addedAt: time,
})

/** Indicators seen in several tenants, and the list of common values that are none. */
export async function sightingApi(
  app: FastifyInstance,
  { sightings, ignoredIndicators }: { sightings: Sightings; ignoredIndicators: IgnoredIndicators },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Incidents']

  api.get(
    '/sightings',
    {
      config: { act: 'incident.read' },
      schema: {
        tags,
        summary: 'List indicators that several tenants name in the evidence of their incidents',
        description: 'Latest first. A page may hold fewer than `limit` and still have a `nextCursor`.',
        querystring: listQuery.extend({
          since: z.iso
            .datetime({ offset: true })
            .optional()
            .describe('Tenants count that named it since; 7 days ago unless told'),
          kind: many(kind).describe('May be repeated'),
        }),
        response: { 200: listOf(sighting), ...refusals },
      },
    },
    async request => {
      const { since, kind: kinds, limit, cursor } = request.query
      return await sightings.list(requireActor(request), {
        since: since === undefined ? new Date(Date.now() - 7 * dayMs) : new Date(since),
        kinds,
        limit,
        cursor,
      })
    },
  )

  api.get(
    '/sightings/ignored',
    {
      config: { act: 'sighting.ignore' },
      schema: {
        tags,
        summary: 'List common values that are no sightings',
        response: { 200: z.object({ items: z.array(ignored) }), ...refusals },
      },
    },
    async request => ({ items: (await ignoredIndicators.list(requireActor(request))).map(toView) }),
  )

  api.post(
    '/sightings/ignored',
    {
      config: { act: 'sighting.ignore' },
      schema: {
        tags,
        summary: 'Ignore a common value',
        description: 'Adding the same again answers with what is there.',
        body: z.strictObject({
          kind,
          pattern: z
            .string()
            .trim()
            .min(1)
            .max(600)
            .describe(
              'An address or range, a domain, a sender or `@domain`, a hash, a command line with `*`',
            ),
          note: z.string().trim().min(1).max(200).optional(),
        }),
        response: { 201: ignored, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(201).send(toView(await ignoredIndicators.add(requireActor(request), request.body))),
  )

  api.delete(
    '/sightings/ignored/:id',
    {
      config: { act: 'sighting.ignore' },
      schema: {
        tags,
        summary: 'Remove a value from the list',
        params: z.object({ id: z.guid() }),
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await ignoredIndicators.remove(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )
}

function toView({ addedAt, ...rest }: IgnoredView) {
  return { ...rest, addedAt: addedAt.toISOString() }
}
