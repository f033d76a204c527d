import type { FastifyInstance } from 'fastify'
import { readOperations } from '../api/operations.ts'

/** The JSON API as people read it. */
export async function apiPageRoutes(
  app: FastifyInstance,
  { publicUrl }: { publicUrl: string },
): Promise<void> {
  app.get('/api', { config: { act: 'public' } }, async (_request, reply) => {
    const groups = Map.groupBy(readOperations(app.swagger()), ({ group }) => group)
    return await reply.page('/api/index', { title: 'JSON API' }, { groups: [...groups], publicUrl })
  })
}
