import fastify, { type FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics/metrics.ts'

/** Metrics on a port of their own, for whoever reaches it; nothing else is there. */
export function createMetricsApp({ metrics }: { metrics: Metrics }): FastifyInstance {
  const app = fastify({ logger: false })
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
  return app
}
