import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError, failure } from '../../../errors.ts'
import { mostAtOnce } from '../../../incidents/change/change-many.ts'
import type { Freshness } from '../../../incidents/freshness.ts'
import type { IncidentService } from '../../../incidents/incidents.ts'
import type { Queue } from '../../../incidents/queue/queue.ts'
import type { IncidentChange } from '../../../microsoft/defender/index.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { listOf, problem, refusals, tenantId, time, withIncomplete } from '../schemas.ts'
import { incidentFilters, incidentQuery, toIncidentFilters } from './incident-query.ts'
import { incident, incidentChange, incidentCounts, incidentDetail, syncSummary } from './incident-schemas.ts'

const byId = z.object({ id: z.string().max(100).describe('`<tenantId>:<incidentId>`') })

type Deps = { queue: Queue; freshness: Freshness; incidents: IncidentService }

/** Incidents of all tenants that one may see: read from the store, written through to Microsoft. */
export async function incidentApi(
  app: FastifyInstance,
  { queue, freshness, incidents }: Deps,
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Incidents']

  api.get(
    '/incidents',
    {
      config: { act: 'incident.read' },
      schema: {
        tags,
        summary: 'List incidents over every tenant that one may see',
        description: 'From the store, at most a few minutes old: `sync` says how fresh it is.',
        querystring: incidentQuery,
        response: { 200: listOf(incident).extend({ sync: syncSummary }), ...refusals },
      },
    },
    async request => {
      const actor = requireActor(request)
      const { sort, limit, cursor } = request.query
      const filters = toIncidentFilters(request.query, actor)
      const [page, sync] = await Promise.all([
        queue.list(actor, filters, { sort, limit, cursor: cursor ?? null }),
        freshness.summarize(actor, filters),
      ])
      requireTenants(request.query, sync.tenants)
      return { ...page, sync }
    },
  )

  api.get(
    '/incidents/counts',
    {
      config: { act: 'incident.read' },
      schema: {
        tags,
        summary: 'Count incidents by their values',
        querystring: incidentFilters,
        response: { 200: incidentCounts, ...refusals },
      },
    },
    async request => {
      const actor = requireActor(request)
      const { isExact, ...counts } = await queue.count(actor, toIncidentFilters(request.query, actor))
      return { ...counts, exact: isExact }
    },
  )

  api.get(
    '/incidents/:id',
    {
      config: { act: 'incident.read' },
      schema: {
        tags,
        summary: 'Get an incident with its alerts, evidence, comments and activity',
        description: 'The answer’s `ETag` is what `If-Match` takes.',
        params: byId,
        response: { 200: incidentDetail, ...refusals },
      },
    },
    async (request, reply) => {
      const detail = await queue.get(requireActor(request), request.params.id)
      return withTag(reply, withIncomplete(detail))
    },
  )

  api.patch(
    '/incidents/:id',
    {
      config: { act: 'incident.write' },
      schema: {
        tags,
        summary: 'Change an incident at Microsoft',
        description:
          'Needs `If-Match` with the `ETag` (or `updatedAt`) that the change was made on, or `*`. 412 `changed_upstream` with both versions (`known`, `current`) when it changed there since, 428 without the header.',
        params: byId,
        headers: z.looseObject({ 'if-match': z.string().max(200).optional() }),
        body: incidentChange,
        response: { 200: incident, 409: problem, 412: problem, 428: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const seen = readIfMatch(request.headers['if-match'])
      const change = withoutAbsent(request.body)
      const changed = await incidents.change(requireActor(request), request.params.id, change, seen)
      return withTag(reply, changed.incident)
    },
  )

  api.post(
    '/incidents/changes',
    {
      config: { act: 'incident.write' },
      schema: {
        tags,
        summary: 'Change many incidents, each for itself',
        description:
          'Of any tenants. Each is read before it is written; one that fails holds up none of the others.',
        body: z.strictObject({
          ids: z.array(z.string().max(100)).min(1).max(mostAtOnce),
          change: incidentChange,
        }),
        response: {
          200: z.object({
            results: z.array(
              z.object({
                id: z.string(),
                ok: z.boolean(),
                incident: incident.optional(),
                before: z.record(z.string(), z.unknown()).optional().describe('What the changed fields said'),
                error: failure.optional(),
              }),
            ),
          }),
          ...refusals,
        },
      },
    },
    async request => {
      const { ids, change } = request.body
      return { results: await incidents.changeMany(requireActor(request), ids, withoutAbsent(change)) }
    },
  )

  api.get(
    '/sync',
    {
      config: { act: 'incident.read' },
      schema: {
        tags,
        summary: 'How fresh the store of incidents is, tenant by tenant',
        response: {
          200: syncSummary.extend({
            behind: z
              .array(
                z.object({ tenantId, tenantName: z.string(), syncedAt: time.nullable(), error: failure }),
              )
              .describe('Tenants that are not up to date, those behind longest first'),
          }),
          ...refusals,
        },
      },
    },
    async request => {
      const actor = requireActor(request)
      const [summary, behind] = await Promise.all([freshness.summarize(actor), freshness.behind(actor)])
      return { ...summary, behind }
    },
  )
}

/** @throws AppError `not_found` when a tenant was named that one may not see */
function requireTenants({ tenant, tag }: z.output<typeof incidentQuery>, seen: number): void {
  if (tenant === undefined || tag !== undefined || new Set(tenant).size === seen) return
  throw new AppError('not_found', 'there is no such tenant', {
    remedy: 'Look it up in the list of tenants; it may have been offboarded.',
  })
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

function withoutAbsent(body: z.output<typeof incidentChange>): IncidentChange {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
