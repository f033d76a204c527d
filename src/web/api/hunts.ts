import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError, failure } from '../../errors.ts'
import type { Hunts } from '../../hunting/hunts/hunts.ts'
import { exportFormats, writeExport } from '../../hunting/results/export/write-export.ts'
import { filterOperators } from '../../hunting/results/row-selection.ts'
import { callerSignal } from '../caller-signal.ts'
import { readSelection } from '../pages/hunts/results/result-address.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { eventStream, type StreamEvent } from '../plugins/answers/event-streams.ts'
import { listOf, listQuery, problem, refusals, tenantId, time } from './schemas.ts'

const status = z.enum(['queued', 'running', 'succeeded', 'partial', 'failed', 'canceled'])

const count = z.number().int()
const summary = z.object({
  id: z.string(),
  name: z.string().nullable(),
  query: z.string(),
  timespan: z.string().nullable(),
  status: status.describe('`partial`: some tenants answered, some failed'),
  tables: z.array(z.string()),
  savedQueryId: z.string().nullable().describe('The query of the library that it came from'),
  scheduleId: z.string().nullable().describe('The schedule that ran it'),
  counts: z
    .object({
      total: count,
      queued: count,
      running: count,
      waiting: count,
      succeeded: count,
      failed: count,
      canceled: count,
    })
    .describe('Tenants; `waiting` are among the `queued`'),
  rowCount: count,
  createdBy: z.string(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  deadlineAt: time.describe('Until when tenants that could not answer yet are tried again'),
  keepUntil: time.describe('The result is removed after this'),
})

const tenant = z.object({
  tenantId,
  name: z.string(),
  status: z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'canceled']),
  rowCount: count,
  truncated: z.boolean().describe('Rows are missing; `error` says why'),
  durationMs: count.nullable(),
  attempts: count,
  slices: z
    .array(z.object({ from: z.string(), to: z.string(), rows: count }))
    .describe('Spans of time that were asked one by one'),
  waitingUntil: time.nullable(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  error: failure.nullable(),
})

const hunt = summary.extend({ tenants: z.array(tenant) })

const ledger = z.object({
  asked: count,
  answered: count,
  empty: count,
  failed: z.array(z.object({ name: z.string(), reason: z.string(), tenants: count })),
  truncated: count,
  waiting: count,
  waitingUntil: time.nullable(),
  canceled: count,
  rows: count,
})

const request = z.strictObject({
  query: z.string().min(1).describe('KQL'),
  tenants: z
    .union([
      z.literal('all'),
      z.array(z.string()).min(1).max(20_000),
      z.strictObject({ tag: z.string().min(1).max(64) }),
    ])
    .describe('`all`, a list of tenant ids, or those with a tag'),
  timespan: z
    .string()
    .max(100)
    .optional()
    .describe('ISO 8601, such as `P7D` or `start/end`; 30 days at most, and without it'),
  name: z.string().trim().max(200).optional(),
  allowUnknownNames: z
    .boolean()
    .optional()
    .describe('Run in spite of every objection but that the query does not parse'),
})

const named = z.object({ tenantId, name: z.string() })
const plan = z.object({
  analysis: z.object({
    ok: z.boolean(),
    runnableWithUnknownNames: z.boolean(),
    problems: z.array(z.looseObject({ kind: z.string(), message: z.string(), line: count, column: count })),
    tables: z.array(z.string()),
    unknownTables: z.array(z.string()),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    hasTimeFilter: z.boolean(),
    usesFunctions: z.array(z.string()),
  }),
  chosen: count,
  asked: count,
  unreachable: z.array(z.object({ failure, tenants: z.array(named) })),
  lacksTable: z.array(z.object({ table: z.string(), tenants: z.array(named) })),
  cost: z.object({ calls: count, callsPerTenant: count, callsPerTenantAndMinute: count }),
})

const byId = z.object({ id: z.guid() })

/** Hunts: plan, run, follow, read, cancel. */
export async function huntApi(app: FastifyInstance, { hunts }: { hunts: Hunts }): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Hunts']

  api.post(
    '/hunts',
    {
      config: { act: 'hunt.run' },
      schema: {
        tags,
        summary: 'Run a query in one tenant, some, or all',
        description:
          'The query is checked first: 422 `invalid_query` with `problems` and their positions. Only what does not parse is refused for good: objections to names, types and arguments are overruled with `allowUnknownNames`.',
        body: request,
        response: { 202: hunt, ...refusals },
      },
    },
    async (request, reply) => {
      const hunt = await hunts.create(requireActor(request), request.body, callerSignal(reply))
      return reply.code(202).send(hunt)
    },
  )

  api.post(
    '/hunts/plan',
    {
      config: { act: 'hunt.run' },
      schema: {
        tags,
        summary: 'What a hunt would do, without doing it',
        body: request,
        response: { 200: plan, ...refusals },
      },
    },
    async (request, reply) => hunts.plan(requireActor(request), request.body, callerSignal(reply)),
  )

  api.get(
    '/hunts',
    {
      config: { act: 'hunt.read' },
      schema: {
        tags,
        summary: 'List hunts, newest first',
        querystring: listQuery.extend({ search: z.string().max(200).optional() }),
        response: { 200: listOf(summary), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, ...filters } = request.query
      return hunts.list(requireActor(request), filters, { limit, cursor: cursor ?? null })
    },
  )

  api.get(
    '/hunts/:id',
    {
      config: { act: 'hunt.read' },
      schema: {
        tags,
        summary: 'Get a hunt with its tenants',
        params: byId,
        response: { 200: hunt, ...refusals },
      },
    },
    async request => hunts.get(requireActor(request), request.params.id),
  )

  api.get(
    '/hunts/:id/ledger',
    {
      config: { act: 'hunt.read' },
      schema: {
        tags,
        summary: 'Who was asked and who answered',
        params: byId,
        response: { 200: ledger, ...refusals },
      },
    },
    async request => hunts.coverage(requireActor(request), request.params.id),
  )

  api.get(
    '/hunts/:id/rows',
    {
      config: { act: 'hunt.read', openParameters: 'f.' },
      schema: {
        tags,
        summary: 'Stream the rows',
        description:
          'Every row begins with `TenantId`, `TenantName`. The header `X-Tenantry-Ledger` says as JSON who answered and who did not; `json` and `parquet` hold it too. While tenants have not answered yet: 409, or the rows that came so far with `partial=true`; the file’s name then ends with `-incomplete`.\n\nRows are selected as on the hunt’s page: each filter is a parameter `f.<column>=<test>:<value>`, such as `f.FileName=contains:.exe`, and all have to fit. Tests: ' +
          `${Object.keys(filterOperators)
            .map(name => `\`${name}\``)
            .join(', ')}. ` +
          'The ledger of a selection has `excerpt` with the filters, the order, and how many of the `rows` they are; the file’s name says it too.',
        params: byId,
        querystring: z.object({
          format: z.enum(['ndjson', 'csv', 'json', 'parquet']).default('ndjson'),
          bom: z.stringbool().default(false).describe('CSV with a byte order mark, for Excel'),
          sort: z.string().optional().describe('A column to sort by, least first'),
          descending: z.string().optional().describe('A column to sort by, greatest first'),
          partial: z
            .stringbool()
            .default(false)
            .describe('Of a hunt that is not finished: the rows that came so far'),
        }),
        response: { 200: z.unknown(), 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const signal = reply.beginLongAnswer()
      const { format, bom, partial } = request.query
      const selection = readSelection(request.url)
      const source = await hunts.exportSource(requireActor(request), request.params.id, selection)
      const { asked, waiting } = source.coverage
      if (waiting > 0 && !partial) {
        throw new AppError('conflict', `${waiting} of ${asked} tenants have not answered yet`, {
          remedy: 'Wait until the hunt is finished, or ask with partial=true for the rows that came so far.',
        })
      }
      const { contentType, extension } = exportFormats[format]
      return reply
        .header('content-type', contentType)
        .header('content-disposition', `attachment; filename="${source.fileName}.${extension}"`)
        .header('x-tenantry-ledger', headerJson(source.coverage))
        .send(Readable.from(writeExport(format, source, { bom }), { objectMode: false, signal }))
    },
  )

  api.get(
    '/hunts/:id/events',
    {
      config: { act: 'hunt.read' },
      ...eventStream,
      schema: {
        tags,
        summary: 'Follow the progress',
        description:
          'Server-sent events named `progress` with `hunt` and `tenants` (first all, then those that changed), and `end` when it is over.',
        params: byId,
        response: { ...refusals, 406: problem },
      },
    },
    async (request, reply) => {
      const actor = requireActor(request)
      await reply.sendEvents(signal => eventsOf(hunts.watch(actor, request.params.id, signal)))
    },
  )

  api.post(
    '/hunts/:id/cancellation',
    {
      config: { act: 'hunt.run' },
      schema: {
        tags,
        summary: 'Stop a hunt and keep what came',
        params: byId,
        response: { 202: hunt, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await hunts.cancel(requireActor(request), request.params.id)),
  )
}

async function* eventsOf(progress: ReturnType<Hunts['watch']>): AsyncGenerator<StreamEvent> {
  for await (const data of progress) yield { event: 'progress', data }
  yield { event: 'end', data: null }
}

/** JSON that a header may hold. */
function headerJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
