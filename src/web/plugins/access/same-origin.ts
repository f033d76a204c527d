import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a request can change something, by its method. */
export function isUnsafe({ method }: Pick<FastifyRequest, 'method'>): boolean {
  return !safeMethods.has(method)
}

/** Whether the browser says that a page of ours sent it, once `sameOrigin` let it pass. */
export function isFromOurPage({ headers }: FastifyRequest): boolean {
  return headers['sec-fetch-site'] === 'same-origin' || (headers.origin ?? 'null') !== 'null'
}

/**
 * Refuses what a browser sends for another site, before anything else is done.
 *
 * Browsers write both headers themselves, and no page can change them.
 * Another port of the same host is the same site to cookies, yet another
 * origin. Programs send neither.
 *
 * @see Fetch standard, "Origin header"; Fetch Metadata Request Headers
 */
export const sameOrigin = plugin(
  async (app: FastifyInstance, { publicUrl }: { publicUrl: string }) => {
    const { origin: ours } = new URL(publicUrl)

    app.addHook('onRequest', async request => {
      if (!isUnsafe(request) || request.routeOptions.config?.acceptsOtherSites) return
      const { origin } = request.headers
      const site = request.headers['sec-fetch-site']
      const isOurSite = site === undefined || site === 'same-origin' || site === 'none'
      // Some people keep their browser from telling where they come from; it still knows.
      const isOurOrigin =
        origin === undefined || origin === ours || (origin === 'null' && site === 'same-origin')
      if (isOurSite && isOurOrigin) return
      throw new AppError('cross_site', 'this was sent from another site or address', {
        remedy: `Open ${ours} and send it from there.`,
      })
    })
  },
  { name: 'same-origin' },
)
