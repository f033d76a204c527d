import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../../errors.ts'
import type { Metrics } from '../../../metrics/metrics.ts'
import { isLoopback } from '../../../platform/loopback.ts'
import type { ApiKeys } from '../../../staff/keys/api-keys.ts'
import { isLimited } from '../../../tenants/actor.ts'
import { requireAct } from '../../../tenants/permissions.ts'
import { bearerOf } from '../../plugins/access/actors.ts'
import { originOf } from '../../request-origin.ts'

/** For Prometheus: open to this machine, elsewhere with an API key that sees every tenant. */
export async function metricsRoutes(
  app: FastifyInstance,
  { metrics, apiKeys }: { metrics: Metrics; apiKeys: ApiKeys },
): Promise<void> {
  async function requireKey(request: FastifyRequest): Promise<void> {
    const key = bearerOf(request)
    if (!key) {
      throw new AppError('forbidden', 'metrics are open to this machine only', { remedy: 'Send an API key.' })
    }
    const actor = await apiKeys.actorOf(key, originOf(request))
    requireAct(actor, 'metrics.read')
    if (!isLimited(actor)) return
    throw new AppError('forbidden', 'this key is limited to some tenants, and the metrics are about all', {
      remedy: 'Send a key without limits.',
    })
  }

  app.get(
    '/metrics',
    { logLevel: 'warn', config: { act: 'public', anyHost: true } },
    async (request, reply) => {
      if (!isLoopback(request.ip)) await requireKey(request)
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
    },
  )
}
