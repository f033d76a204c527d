import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'

/** Mean event-loop delay above which requests are refused; one long step alone is no overload. */
const defaultDelayMs = 1_000
const meanOfMs = 5_000
/** Statements that wait for a connection, for each connection; then pages would take many times as long as they do. */
const mostWaiting = 20
const retrySeconds = 2

/** What must be answered above all when there is too much to do. */
const always = new Set(['/healthz', '/readyz', '/metrics', '/assets/*'])

/** Beyond its capacity a process refuses at once, so that what it takes on is served at its usual speed. */
export const overload = plugin(
  async (
    app: FastifyInstance,
    {
      pool,
      mostDelayMs = defaultDelayMs,
    }: { pool: { waitingCount: number; options: { max?: number } }; mostDelayMs?: number | undefined },
  ) => {
    await app.register(underPressure, {
      maxEventLoopDelay: mostDelayMs,
      sampleInterval: meanOfMs,
      async pressureHandler(request, reply) {
        if (isAlwaysServed(request)) return
        reply.header('retry-after', retrySeconds)
        throw tooBusy()
      },
    })
    app.addHook('onRequest', async (request, reply) => {
      if (pool.waitingCount < mostWaiting * (pool.options.max ?? 1) || isAlwaysServed(request)) return
      reply.header('retry-after', retrySeconds)
      throw tooBusy()
    })
  },
  { name: 'overload' },
)

function isAlwaysServed(request: FastifyRequest): boolean {
  return always.has(request.routeOptions.url ?? '')
}

function tooBusy(): AppError {
  return new AppError('busy', 'this server has more to do than it can at the moment', {
    remedy: 'Try again in a few seconds.',
  })
}
