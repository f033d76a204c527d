import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { coverageText } from '../../../hunting/results/export/coverage.ts'
import { exportFormats, writeExport } from '../../../hunting/results/export/write-export.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { showNewRows } from './new-rows-table.ts'
import { findingState, showRun } from './words.ts'

type ByRun = { Params: { id: string; runId: string } }

const exportQuery = z.object({ format: z.enum(['csv', 'ndjson', 'json', 'parquet', 'ledger']) })

/** What one run of a schedule found, watched while it runs; and its new rows as files. */
export async function scheduleRunRoutes(
  app: FastifyInstance,
  { schedules }: { schedules: Schedules },
): Promise<void> {
  app.get<ByRun>(
    '/schedules/:id/runs/:runId',
    { config: { act: 'schedule.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id, runId } = request.params
      const [schedule, run] = await Promise.all([schedules.get(actor, id), schedules.run(actor, id, runId)])
      const data = {
        schedule,
        run: showRun(run),
        findings: run.findings.map(finding => ({ ...finding, badge: findingState(finding) })),
        table: run.status === 'done' ? await showNewRows(await schedules.newRows(actor, id, runId)) : null,
      }
      if (request.headers['hx-request']) return await reply.partial('/schedules/_run', data)
      return await reply.header('vary', 'hx-request').page(
        '/schedules/run',
        {
          title: `Run of ${schedule.name}`,
          section: 'schedules',
          breadcrumbs: [
            { href: '/schedules', label: 'Schedules' },
            { href: `/schedules/${schedule.id}`, label: schedule.name },
          ],
        },
        data,
      )
    },
  )

  app.get<ByRun>(
    '/schedules/:id/runs/:runId/export',
    { config: { act: 'schedule.read' } },
    async (request, reply) => {
      const signal = reply.beginLongAnswer()
      const { id, runId } = request.params
      const { format } = readInput(exportQuery, request.query)
      const source = await schedules.exportNewRows(requireActor(request), id, runId)
      const extent = source.coverage.waiting > 0 ? '-incomplete' : ''
      const name = (extension: string) =>
        `attachment; filename="new-rows-${runId.slice(-12)}${extent}.${extension}"`
      if (format === 'ledger') {
        return reply
          .type('text/plain; charset=utf-8')
          .header('content-disposition', name('ledger.txt'))
          .send(coverageText(source.coverage, source.columns))
      }
      const { contentType, extension } = exportFormats[format]
      return reply
        .type(contentType)
        .header('content-disposition', name(extension))
        .send(Readable.from(writeExport(format, source), { objectMode: false, signal }))
    },
  )
}
