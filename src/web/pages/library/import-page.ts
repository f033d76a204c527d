import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { ImportFile, ImportResult } from '../../../hunting/library/files/import-queries.ts'
import type { Library } from '../../../hunting/library/library.ts'
import { callerSignal } from '../../caller-signal.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import type { PageHead } from '../../types.ts'

const form = z.object({
  text: z.string().max(5_000_000).catch('').default(''),
  allowUnknownNames: z.literal('true').optional().catch(undefined),
})

/** Of the form: some hundred queries. Bytes, as a form encodes them. */
const bodyLimit = 10 * 1024 * 1024

const head: PageHead & { breadcrumbs: { href: string; label: string }[] } = {
  title: 'Import queries',
  section: 'library',
  breadcrumbs: [{ href: '/library', label: 'Library' }],
  scripts: ['read-file.js'],
}

const outcomes = {
  created: { state: 'succeeded', text: 'Added' },
  updated: { state: 'succeeded', text: 'Updated' },
  unchanged: { state: 'canceled', text: 'Unchanged' },
  refused: { state: 'refused', text: 'Refused' },
} as const

/** Queries from files of Microsoft's hunting repositories, and one as such a file. */
export async function libraryFileRoutes(
  app: FastifyInstance,
  { library }: { library: Library },
): Promise<void> {
  app.get('/library/import', { config: { act: 'query.write' } }, async (_request, reply) => {
    return await importPage(reply, form.parse({}), null)
  })

  app.post('/library/imports', { bodyLimit, config: { act: 'query.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const typed = readInput(form, request.body)
    const files = splitFiles(typed.text)
    const results = await library.importFiles(actor, files, {
      allowUnknownNames: typed.allowUnknownNames === 'true',
      signal: callerSignal(reply),
    })
    return await importPage(reply, typed, results)
  })

  app.get<{ Params: { id: string } }>(
    '/library/:id/file',
    { config: { act: 'query.read' } },
    async (request, reply) => {
      const { fileName, text } = await library.exportFile(requireActor(request), request.params.id)
      return reply
        .type('application/yaml; charset=utf-8')
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .send(text)
    },
  )
}

async function importPage(
  reply: FastifyReply,
  typed: z.infer<typeof form>,
  results: ImportResult[] | null,
): Promise<FastifyReply> {
  return await reply.page('/library/import', head, {
    form: typed,
    results: results?.map(result => ({ ...result, badge: outcomes[result.outcome] })) ?? null,
    refused: results?.filter(({ outcome }) => outcome === 'refused').length ?? 0,
  })
}

/** Parts what was chosen or pasted into files; the page's script writes a line with the name above each. */
export function splitFiles(text: string): ImportFile[] {
  const parts = text.replaceAll('\r\n', '\n').split(/^--- # file: (.*)$/m)
  const [pasted = '', ...named] = parts
  const files = pasted.trim() === '' ? [] : [{ name: 'Pasted text', text: pasted }]
  for (let index = 0; index < named.length; index += 2) {
    files.push({ name: (named[index] ?? '').trim(), text: named[index + 1] ?? '' })
  }
  return files
}
