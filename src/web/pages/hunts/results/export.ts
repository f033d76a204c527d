import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import { coverageText } from '../../../../hunting/results/export/coverage.ts'
import { exportFormats, writeExport } from '../../../../hunting/results/export/write-export.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { readInput } from '../../../read-input.ts'
import { readSelection } from './result-address.ts'

const query = z.object({
  format: z.enum(['csv', 'ndjson', 'json', 'parquet', 'ledger']),
  bom: z.stringbool().default(false),
})

/**
 * Downloads of a result, or of the rows that the address selects, written as
 * they are read. CSV and NDJSON have their account beside them, as a file of
 * its own.
 */
export async function huntExportRoutes(app: FastifyInstance, { hunts }: { hunts: Hunts }): Promise<void> {
  app.get<{ Params: { huntId: string } }>(
    '/hunts/:huntId/export',
    { config: { act: 'hunt.read' } },
    async (request, reply) => {
      const signal = reply.beginLongAnswer()
      const { format, bom } = readInput(query, request.query)
      const selection = readSelection(request.url)
      const source = await hunts.exportSource(requireActor(request), request.params.huntId, selection)
      const name = (extension: string) => `attachment; filename="${source.fileName}.${extension}"`
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
        .send(Readable.from(writeExport(format, source, { bom }), { objectMode: false, signal }))
    },
  )
}
