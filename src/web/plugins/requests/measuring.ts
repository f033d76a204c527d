import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import type { Metrics } from '../../../metrics/metrics.ts'

/** Counts answers by route pattern, so that addresses do not become labels. */
export const measuring = plugin(
  async (app: FastifyInstance, { metrics }: { metrics: Metrics }) => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'unknown'
      metrics.requestAnswered(request.method, route, reply.statusCode, reply.elapsedTime / 1000)
    })
  },
  { name: 'measuring' },
)
