import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import { exportFormats, writeExport } from '../../../hunting/results/export/write-export.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { listOf, listQuery, problem, refusals } from '../schemas.ts'
import { findingShape, runShape } from './schedule-schemas.ts'

const byId = z.object({ id: z.uuid() })
const byRun = z.object({ id: z.uuid(), runId: z.uuid() })

/** Runs of schedules and what they found. */
export async function scheduleRunApi(
  app: FastifyInstance,
  { schedules }: { schedules: Schedules },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Schedules']

  api.post(
    '/schedules/:id/runs',
    {
      config: { act: 'schedule.write' },
      schema: {
        tags,
        summary: 'Run a schedule now',
        params: byId,
        response: { 202: runShape, 409: problem, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await schedules.startNow(requireActor(request), request.params.id)),
  )

  api.get(
    '/schedules/:id/runs',
    {
      config: { act: 'schedule.read' },
      schema: {
        tags,
        summary: 'List the runs of a schedule, newest first',
        params: byId,
        querystring: listQuery,
        response: { 200: listOf(runShape), ...refusals },
      },
    },
    async request => await schedules.runs(requireActor(request), request.params.id, request.query),
  )

  api.get(
    '/schedules/:id/runs/:runId',
    {
      config: { act: 'schedule.read' },
      schema: {
        tags,
        summary: 'Get a run, with what each tenant answered',
        params: byRun,
        response: { 200: runShape.extend({ findings: z.array(findingShape) }), ...refusals },
      },
    },
    async request => await schedules.run(requireActor(request), request.params.id, request.params.runId),
  )

  api.get(
    '/schedules/:id/runs/:runId/rows',
    {
      config: { act: 'schedule.read' },
      schema: {
        tags,
        summary: 'Get the new rows of a run',
        description:
          'Every row begins with `TenantId`, `TenantName`. The header `x-tenantry-ledger` says who answered and who did not. While the run is not finished: 409, or the new rows so far with `partial=true`.',
        params: byRun,
        querystring: z.object({
          format: z.enum(['ndjson', 'csv', 'json', 'parquet']).default('ndjson'),
          partial: z
            .stringbool()
            .default(false)
            .describe('Of a run that is not finished: the new rows so far'),
        }),
        response: { 200: z.unknown(), 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const signal = reply.beginLongAnswer()
      const { id, runId } = request.params
      const { format, partial } = request.query
      const source = await schedules.exportNewRows(requireActor(request), id, runId)
      if (source.coverage.waiting > 0 && !partial) {
        throw new AppError('conflict', 'the run is not finished', {
          remedy: 'Wait until it is, or ask with partial=true for the new rows that came so far.',
        })
      }
      // Messages can hold any text, and a header takes Latin-1 only: numbers and names suffice here.
      const failed = source.coverage.failed.map(({ name, tenants }) => ({ name, tenants }))
      return reply
        .type(exportFormats[format].contentType)
        .header('x-tenantry-ledger', JSON.stringify({ ...source.coverage, failed }))
        .send(Readable.from(writeExport(format, source), { objectMode: false, signal }))
    },
  )
}
