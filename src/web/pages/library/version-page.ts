import type { FastifyInstance } from 'fastify'
import type { Library } from '../../../hunting/library/library.ts'
import { diffLines } from '../../../hunting/library/line-diff.ts'
import { requireActor } from '../../plugins/access/actors.ts'

/** One version of a query, beside the one before it. */
export async function libraryVersionRoutes(
  app: FastifyInstance,
  { library }: { library: Library },
): Promise<void> {
  app.get<{ Params: { id: string; version: string } }>(
    '/library/:id/versions/:version',
    { config: { act: 'query.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const query = await library.get(actor, request.params.id)
      const versions = await library.versions(actor, query.id)
      const index = versions.findIndex(({ version }) => String(version) === request.params.version)
      const version = versions[index]
      if (!version) return reply.redirect(`/library/${query.id}`, 303)
      const before = versions[index + 1] ?? null
      const fields = (['name', 'description', 'tactic', 'techniques', 'tags'] as const).filter(
        field => before && String(before[field] ?? '') !== String(version[field] ?? ''),
      )
      return await reply.page(
        '/library/version',
        {
          title: `${query.name}, version ${version.version}`,
          section: 'library',
          breadcrumbs: [
            { href: '/library', label: 'Library' },
            { href: `/library/${query.id}`, label: query.name },
          ],
        },
        {
          query,
          version,
          before,
          changed: fields.map(field => ({
            field,
            before: String(before?.[field] ?? '').replaceAll(',', ', '),
            after: String(version[field] ?? '').replaceAll(',', ', '),
          })),
          diff: before ? diffLines(before.query, version.query) : diffLines(version.query, version.query),
        },
      )
    },
  )
}
