import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import { type Act, requireAct } from '../../../tenants/permissions.ts'
import { requireActor } from './actors.ts'

/** A route and what it lets somebody do; null when it names nothing. */
export type RouteAct = { method: string; url: string; act: Act | 'public' | null }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does, by the table of permissions; `public` when nobody has to sign in. */
    act: Act | 'public'
    /** Other sites send forms here: Microsoft's, back from a consent. Such a route changes nothing. */
    acceptsOtherSites?: true
    /** The browser's word for where it comes from suffices; a token may be of a page that another tab outdated. */
    originSuffices?: true
  }

  interface FastifyInstance {
    /** Every route that was registered, HEAD too. */
    routeActs: readonly RouteAct[]
  }
}

/**
 * Every route names its act, and whether somebody may is decided before
 * anything that was sent is looked at. A route that names none answers nobody.
 */
export const routeActs = plugin(
  async (app: FastifyInstance) => {
    const found: RouteAct[] = []
    app.decorate('routeActs', found)
    app.decorateRequest('actor', null)

    app.addHook('onRoute', route => {
      const { url } = route
      const act = route.config?.act ?? null
      const methods = [route.method].flat()
      for (const method of methods) found.push({ method, url, act })
      if (act === 'public') return
      // On the route itself: after the hooks around it, which find out who asks.
      const before = [route.onRequest ?? []].flat()
      route.onRequest = [
        ...before,
        async request => {
          if (!act) throw new Error(`the route ${methods.join(', ')} ${url} names no act`)
          requireAct(requireActor(request), act)
        },
      ]
    })
  },
  { name: 'route-acts' },
)
