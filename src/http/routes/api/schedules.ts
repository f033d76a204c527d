import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { exportFormats, writeExport } from '../../../hunting/export/write-export.ts'
import type { ScheduleView } from '../../../hunting/schedules/model.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import type { Notifications } from '../../../notifications/notifications.ts'
import { requireActor } from '../../plugins/actors.ts'
import { listOf, listQuery, problem, refusals, tenantId, time } from './schemas.ts'

const count = z.number().int()
const choice = z
  .union([
    z.literal('all'),
    z.array(z.string()).max(20_000),
    z.strictObject({ tag: z.string().min(1).max(64) }),
  ])
  .describe('`all`, a list of tenant ids, or those with a tag')

const run = z.object({
  id: z.string(),
  scheduleId: z.string(),
  status: z.enum(['starting', 'hunting', 'done', 'failed']),
  dueAt: time.nullable().describe('Null when somebody started it by hand'),
  missedRuns: count.describe('Due times that passed before it while nothing ran'),
  startedBy: z.string(),
  createdAt: time,
  finishedAt: time.nullable(),
  huntId: z.string().nullable().describe('The hunt with all rows, old and new'),
  queryVersion: count,
  tenants: z.object({ asked: count, answered: count, failed: count, truncated: count, withNew: count }),
  newRows: count,
  mutedRows: count.describe('Of the new rows, those of muted tenants'),
  baselineRows: count.describe('Rows of first answers, taken note of and not reported'),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().nullable() }).nullable(),
})

const finding = z.object({
  tenantId,
  tenantName: z.string(),
  outcome: z
    .enum(['answered', 'failed', 'canceled'])
    .describe('A tenant that failed is not one without findings'),
  rowCount: count,
  newCount: count,
  keptCount: count.describe('New rows that are kept with the run'),
  truncated: z.boolean(),
  isBaseline: z.boolean(),
  isMuted: z.boolean(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
})

const mute = z.object({
  id: z.string(),
  tenantId,
  tenantName: z.string(),
  owner: z.string(),
  reason: z.string(),
  createdAt: time,
  endsAt: time,
})

const schedule = z.object({
  id: z.string(),
  name: z.string(),
  query: z.object({ id: z.string(), name: z.string(), version: count, newestVersion: count }),
  parameters: z.record(z.string(), z.string()),
  cron: z.string(),
  timeZone: z.string(),
  tenants: choice,
  timespan: z.string().nullable(),
  keyColumns: z
    .array(z.string())
    .describe('What tells one finding from another; empty: all columns but times'),
  baseline: z.boolean().describe('Whether each tenant’s first answer is only taken note of'),
  forgetAfterDays: count,
  enabled: z.boolean(),
  runsAs: z.string().describe('Whose view of the tenants the runs have'),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  nextRunAt: time.nullable(),
  openRunId: z.string().nullable(),
  lastRun: run.nullable(),
  mutes: z.array(mute),
})

const draft = z.strictObject({
  name: z.string().max(500),
  queryId: z.uuid().describe('Query of the library'),
  queryVersion: count.min(1).nullable().default(null).describe('The newest unless told'),
  parameters: z.record(z.string(), z.string()).default({}),
  cron: z.string().max(200).describe('Five fields; at most every five minutes'),
  timeZone: z.string().max(100).default('UTC').describe('IANA name, such as `Europe/Berlin`'),
  tenants: choice,
  timespan: z.string().max(100).nullable().default(null).describe('ISO 8601, such as `P7D`'),
  keyColumns: z.array(z.string()).max(50).default([]),
  baseline: z.boolean().default(true),
  forgetAfterDays: count.default(90),
  enabled: z.boolean().default(true),
})

const byId = z.object({ id: z.uuid() })
const byRun = z.object({ id: z.uuid(), runId: z.uuid() })

/** Saved queries run by the clock, what they found, and notifications. */
export async function scheduleApi(
  app: FastifyInstance,
  { schedules, notifications }: { schedules: Schedules; notifications: Notifications },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Schedules']

  api.get(
    '/schedules',
    {
      schema: {
        tags,
        summary: 'List schedules, newest first',
        querystring: listQuery,
        response: { 200: listOf(schedule), ...refusals },
      },
    },
    async request => {
      const { items, nextCursor } = await schedules.list(requireActor(request), pageOf(request.query))
      return { items: items.map(toWire), nextCursor }
    },
  )

  api.get(
    '/schedules/:id',
    { schema: { tags, summary: 'Get a schedule', params: byId, response: { 200: schedule, ...refusals } } },
    async request => toWire(await schedules.get(requireActor(request), request.params.id)),
  )

  api.post(
    '/schedules',
    { schema: { tags, summary: 'Schedule a query', body: draft, response: { 201: schedule, ...refusals } } },
    async (request, reply) =>
      reply.code(201).send(toWire(await schedules.create(requireActor(request), request.body))),
  )

  api.put(
    '/schedules/:id',
    {
      schema: {
        tags,
        summary: 'Change a schedule',
        description:
          'It runs as you from then on. Another query, version, parameter or key forgets what was seen.',
        params: byId,
        body: draft,
        response: { 200: schedule, ...refusals },
      },
    },
    async request => toWire(await schedules.change(requireActor(request), request.params.id, request.body)),
  )

  api.delete(
    '/schedules/:id',
    {
      schema: { tags, summary: 'Remove a schedule', params: byId, response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      await schedules.remove(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/schedules/:id/runs',
    {
      schema: {
        tags,
        summary: 'Run a schedule now',
        params: byId,
        response: { 202: run, 409: problem, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await schedules.startNow(requireActor(request), request.params.id)),
  )

  api.get(
    '/schedules/:id/runs',
    {
      schema: {
        tags,
        summary: 'List the runs of a schedule, newest first',
        params: byId,
        querystring: listQuery,
        response: { 200: listOf(run), ...refusals },
      },
    },
    async request => await schedules.runs(requireActor(request), request.params.id, pageOf(request.query)),
  )

  api.get(
    '/schedules/:id/runs/:runId',
    {
      schema: {
        tags,
        summary: 'Get a run, with what each tenant answered',
        params: byRun,
        response: { 200: run.extend({ findings: z.array(finding) }), ...refusals },
      },
    },
    async request => await schedules.run(requireActor(request), request.params.id, request.params.runId),
  )

  api.get(
    '/schedules/:id/runs/:runId/rows',
    {
      schema: {
        tags,
        summary: 'Get the new rows of a run',
        description:
          'Every row begins with `TenantId`, `TenantName`. The header `x-tenantry-ledger` says who answered and who did not.',
        params: byRun,
        querystring: z.object({ format: z.enum(['ndjson', 'csv', 'json', 'parquet']).default('ndjson') }),
      },
    },
    async (request, reply) => {
      const { id, runId } = request.params
      const { format } = request.query
      const source = await schedules.exportNewRows(requireActor(request), id, runId)
      // Messages can hold any text, and a header takes Latin-1 only: numbers and names suffice here.
      const failed = source.ledger.failed.map(({ name, tenants }) => ({ name, tenants }))
      return reply
        .type(exportFormats[format].contentType)
        .header('x-tenantry-ledger', JSON.stringify({ ...source.ledger, failed }))
        .send(Readable.from(writeExport(format, source), { objectMode: false }))
    },
  )

  api.post(
    '/schedules/:id/mutes',
    {
      schema: {
        tags,
        summary: 'Mute a tenant: its findings are noted and not told',
        params: byId,
        body: z.strictObject({
          tenantId: z.string(),
          reason: z.string().max(2000),
          endsAt: z.iso.datetime(),
        }),
        response: { 201: mute, ...refusals },
      },
    },
    async (request, reply) => {
      const { endsAt, ...body } = request.body
      const wanted = { ...body, endsAt: new Date(endsAt) }
      return reply.code(201).send(await schedules.mute(requireActor(request), request.params.id, wanted))
    },
  )

  api.delete(
    '/schedules/:id/mutes/:muteId',
    {
      schema: {
        tags,
        summary: 'End a mute',
        params: z.object({ id: z.uuid(), muteId: z.uuid() }),
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await schedules.unmute(requireActor(request), request.params.id, request.params.muteId)
      return reply.code(204).send(null)
    },
  )

  api.get(
    '/notifications',
    {
      schema: {
        tags,
        summary: 'List notifications, newest first',
        querystring: listQuery,
        response: {
          200: listOf(
            z.object({
              id: z.string(),
              kind: z.enum(['findings', 'failed']),
              title: z.string(),
              href: z.string().describe('Page about it, relative to the server'),
              at: time,
              isNew: z.boolean(),
            }),
          ),
          ...refusals,
        },
      },
    },
    async request => await notifications.list(requireActor(request), pageOf(request.query)),
  )
}

function pageOf({ limit, cursor }: z.infer<typeof listQuery>): { limit: number; cursor: string | null } {
  return { limit, cursor: cursor ?? null }
}

/** A list of ids that can be written. */
function toWire({ tenants, ...rest }: ScheduleView): z.infer<typeof schedule> {
  const isNamed = tenants !== 'all' && !('tag' in tenants)
  return { ...rest, tenants: isNamed ? [...tenants] : tenants }
}
