import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { LRUCache } from 'lru-cache'

/** Redirects of one visitor to one page in so short a time mean that they lead back here. */
const loopMs = 5_000
const loopLength = 3

/**
 * Sends people who came by another host name to the public address, before
 * they get a cookie: cookies belong to a host, and Microsoft sends browsers
 * back to the public one. Routes with `config.anyHost` and programs with an
 * API key are answered where they ask.
 */
export const publicAddress = plugin(
  async (app: FastifyInstance, { publicUrl }: { publicUrl: string }) => {
    const expected = new URL(publicUrl)
    const redirects = new LRUCache<string, number>({ max: 2_000, ttl: loopMs })
    const replaced = new LRUCache<string, true>({ max: 100 })
    const untrusted = new LRUCache<string, true>({ max: 100 })

    /** Some proxies put a name of their own in the place of the host: then every redirect comes back with it. */
    function isLoop(request: FastifyRequest): boolean {
      const host = hostnameOf(request)
      if (replaced.has(host)) return true
      const key = `${request.ip} ${host} ${request.url}`
      const count = (redirects.get(key) ?? 0) + 1
      redirects.set(key, count)
      if (count <= loopLength) return false
      replaced.set(host, true)
      request.log.error(
        { host, publicUrl },
        'the proxy in front replaces the host of requests: have it pass on the Host header, or send X-Forwarded-Host and list it in TENANTRY_TRUSTED_PROXIES',
      )
      return true
    }

    app.addHook('onRequest', async (request, reply) => {
      const peer = request.socket.remoteAddress ?? ''
      if (isForwardedByStranger(request) && !untrusted.has(peer)) {
        untrusted.set(peer, true)
        request.log.warn(
          { peer },
          'X-Forwarded-For of an address that is not in TENANTRY_TRUSTED_PROXIES is ignored: if it is your proxy, list it there',
        )
      }

      // TLS ends at the proxy: whether a cookie is set must not depend on the proxy saying so.
      if (expected.protocol === 'https:') Object.defineProperty(request, 'protocol', { value: 'https' })

      if (hostnameOf(request) === expected.hostname) return
      if (!['GET', 'HEAD'].includes(request.method) || request.routeOptions.config?.anyHost) return
      if (request.headers.authorization !== undefined || isLoop(request)) return
      // A request line may hold a whole address; only a path is taken over.
      const path = request.url.startsWith('/') ? request.url : '/'
      return reply.redirect(publicUrl + path, 302)
    })
  },
  { name: 'public-address' },
)

/** As `URL.hostname` writes it, without the port. */
export function hostnameOf(request: FastifyRequest): string {
  return URL.parse(`http://${request.host}`)?.hostname ?? ''
}

/** Whether a proxy named the client without being trusted to. */
export function isForwardedByStranger(request: FastifyRequest): boolean {
  return request.headers['x-forwarded-for'] !== undefined && (request.ips?.length ?? 0) < 2
}
