import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { IncidentChange } from '../../../defender/index.ts'
import { AppError } from '../../../errors.ts'
import type { IncidentService } from '../../../incidents/incidents.ts'
import { readIncidentId } from '../../../incidents/view.ts'
import { requireActor } from '../../plugins/actors.ts'
import { incident, incidentChange, incidentWithAlerts } from './incident-schemas.ts'
import { listOf, listQuery, problem, refusals } from './schemas.ts'

const byId = z.object({ id: z.string().max(100).describe('`<tenantId>:<incidentId>`') })

const query = listQuery.extend({
  tenant: z.guid().optional().describe('Required: the tenant whose Defender is asked'),
  severity: z.enum(['unknown', 'informational', 'low', 'medium', 'high']).optional(),
  status: z.enum(['active', 'inProgress', 'resolved', 'redirected', 'awaitingAction']).optional(),
  assignedTo: z.string().min(1).max(320).optional(),
  updatedSince: z.iso.datetime().optional(),
  search: z.string().trim().min(1).max(200).optional().describe('Part of the title, or the whole number'),
  // Holds the ids that were given at the last time already.
  cursor: z.string().max(60_000).optional().describe('`nextCursor` of the page before'),
})

/** Incidents as the customers' Defender has them now. */
export async function incidentApi(
  app: FastifyInstance,
  { incidents }: { incidents: IncidentService },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Incidents']

  api.get(
    '/incidents',
    {
      schema: {
        tags,
        summary: 'List incidents of a tenant, updated last first',
        description:
          'Asked live. With `search` a page may hold fewer than `limit`; go on while there is a `nextCursor`.',
        querystring: query,
        response: { 200: listOf(incident), ...refusals },
      },
    },
    async request => {
      const { tenant, search, cursor, ...filters } = request.query
      if (tenant === undefined) throw tenantRequired()
      const wanted = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
      const page = await incidents.listLive(requireActor(request), tenant, {
        ...wanted,
        cursor: cursor ?? null,
      })
      const sought = search?.toLowerCase()
      return {
        items: page.items.filter(
          ({ title, incidentId }) =>
            sought === undefined || incidentId === sought || title.toLowerCase().includes(sought),
        ),
        nextCursor: page.nextCursor,
      }
    },
  )

  api.get(
    '/incidents/:id',
    {
      schema: {
        tags,
        summary: 'Get an incident with its alerts and their evidence',
        description: 'The answer’s `ETag` is what `If-Match` takes.',
        params: byId,
        response: { 200: incidentWithAlerts, ...refusals },
      },
    },
    async (request, reply) => {
      const { tenantId, incidentId } = readId(request.params.id)
      return withTag(reply, await incidents.getLive(requireActor(request), tenantId, incidentId))
    },
  )

  api.patch(
    '/incidents/:id',
    {
      schema: {
        tags,
        summary: 'Change an incident at Microsoft',
        description:
          'Needs `If-Match` with the `ETag` (or `updatedAt`) that the change was made on, or `*`. 412 `changed_upstream` when it changed there since, 428 without the header.',
        params: byId,
        headers: z.looseObject({ 'if-match': z.string().max(200).optional() }),
        body: incidentChange,
        response: { 200: incident, 409: problem, 412: problem, 428: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const { tenantId, incidentId } = readId(request.params.id)
      const seen = readIfMatch(request.headers['if-match'])
      const change = Object.fromEntries(
        Object.entries(request.body).filter(([, value]) => value !== undefined),
      ) as IncidentChange
      return withTag(reply, await incidents.update(requireActor(request), tenantId, incidentId, change, seen))
    },
  )
}

function withTag<T extends { updatedAt: string }>(reply: FastifyReply, view: T): T {
  reply.header('etag', `"${view.updatedAt}"`)
  return view
}

/** @returns the `updatedAt` that was seen; null for any */
function readIfMatch(header: string | undefined): string | null {
  if (header === undefined) {
    throw new AppError('precondition_required', 'the request has no "If-Match"', {
      remedy: 'Send the "ETag" of the incident as you read it, or "*" to change it whatever happened since.',
    })
  }
  const value = header.trim()
  return value === '*' ? null : value.replace(/^(?:W\/)?"(.*)"$/, '$1')
}

/** @throws AppError `not_found` for what cannot be an id of ours */
function readId(id: string): { tenantId: string; incidentId: string } {
  const read = readIncidentId(id)
  if (read) return read
  throw new AppError('not_found', 'there is no such incident', {
    remedy: 'An id is the tenant id, a colon and the number of the incident in that tenant.',
  })
}

function tenantRequired(): AppError {
  return new AppError('invalid', '"tenant" is missing: incidents are listed for one tenant at a time', {
    remedy: 'Name the tenant by its id, as in /api/v1/incidents?tenant=<tenantId>.',
    details: { errors: [{ field: 'tenant', message: 'is required' }] },
  })
}
