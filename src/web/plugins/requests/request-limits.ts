import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'
import { credentialKey } from '../../../staff/current-actors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts the requests of each session and key from here on; registered after the hooks that find out who asks. */
    limitCredentials(scope: FastifyInstance): void
  }
}

/**
 * Limits on requests: of addresses where a route says so, and of each session
 * and API key everywhere, so that one program does not take the server from
 * the others. Each process counts for itself.
 *
 * @see IETF draft "RateLimit header fields for HTTP"
 */
export const requestLimits = plugin(
  async (app: FastifyInstance, { requestsPerMinute }: { requestsPerMinute: number }) => {
    await app.register(rateLimit, { global: false, enableDraftSpec: true })

    const ofCredential = app.rateLimit({
      max: requestsPerMinute,
      timeWindow: '1 minute',
      keyGenerator: ({ credential }: FastifyRequest) => (credential ? credentialKey(credential) : ''),
      errorResponseBuilder: (_request, { after, max }) =>
        new AppError('too_many_requests', `more than ${max} requests came in a minute`, {
          remedy: `Wait ${after}, as Retry-After says, then go on more slowly.`,
        }),
    })
    app.decorate('limitCredentials', (scope: FastifyInstance) => {
      scope.addHook('onRequest', async function (request, reply) {
        // Where a route has a limit of its own, that one counts.
        if (!request.credential || request.routeOptions.config?.rateLimit) return
        await ofCredential.call(this, request, reply)
      })
    })
  },
  { name: 'request-limits', dependencies: ['long-answers'] },
)
