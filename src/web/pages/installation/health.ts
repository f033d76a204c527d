import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Readiness } from '../../../installation/readiness.ts'
import { hostnameOf, isForwardedByStranger } from '../../plugins/access/public-address.ts'

/** For load balancers and process supervisors; they need no sign-in. */
export async function healthRoutes(
  app: FastifyInstance,
  { readiness, publicUrl }: { readiness: Readiness; publicUrl: string },
): Promise<void> {
  const config = { act: 'public', anyHost: true } as const

  // With `?proxy` also how the request got here, for the doctor; never an address.
  app.get<{ Querystring: { proxy?: string } }>('/healthz', { logLevel: 'warn', config }, async request => ({
    status: 'ok',
    ...(request.query.proxy === undefined ? {} : { proxy: proxyProblem(request, publicUrl) }),
  }))

  app.get('/readyz', { logLevel: 'warn', config }, async (_request, reply) => {
    const missing = await readiness()
    if (missing.length > 0) reply.header('retry-after', 2)
    return reply
      .code(missing.length === 0 ? 200 : 503)
      .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing })
  })
}

/** What the proxy in front does not do; null when nothing is missing. */
function proxyProblem(
  request: FastifyRequest,
  publicUrl: string,
): 'untrusted' | 'silent' | 'host_replaced' | null {
  if (isForwardedByStranger(request)) return 'untrusted'
  if (hostnameOf(request) !== new URL(publicUrl).hostname) return 'host_replaced'
  const isBehindProxy = publicUrl.startsWith('https:')
  return isBehindProxy && request.headers['x-forwarded-for'] === undefined ? 'silent' : null
}
