import type { FastifyInstance } from 'fastify'
import { AppError } from '../../errors.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { isLoopback } from '../../settings/reader.ts'
import type { ApiKeys } from '../../staff/api-keys.ts'

/** For Prometheus: open to this machine, elsewhere with an API key. */
export async function metricsRoutes(
  app: FastifyInstance,
  { metrics, apiKeys }: { metrics: Metrics; apiKeys: ApiKeys },
): Promise<void> {
  app.get('/metrics', { logLevel: 'warn' }, async (request, reply) => {
    if (!isLoopback(request.ip) && request.ip !== '::1') {
      const key = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      if (!key)
        throw new AppError('forbidden', 'metrics are open to this machine only', {
          remedy: 'Send an API key.',
        })
      await apiKeys.actorOf(key)
    }
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}
