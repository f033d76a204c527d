import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import session from '@fastify/session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { SessionRows } from '../../../staff/sessions/store.ts'
import { isFromOurPage, isUnsafe } from './same-origin.ts'
import { createSessionStore } from './session-store.ts'

/** Cookies and server-side sessions; whatever is sent to change something carries the token of our own pages. */
export const sessions = plugin(
  async (
    app: FastifyInstance,
    { rows, secret, https, hours }: { rows: SessionRows; secret: string; https: boolean; hours: number },
  ) => {
    const lifetimeMs = hours * 3_600_000
    await app.register(cookie, { secret })
    await app.register(session, {
      secret,
      // The __Host- prefix binds the cookie to this host, but needs https.
      cookieName: https ? '__Host-tenantry' : 'tenantry',
      // Lax, not strict: the redirect back from Entra must find the session.
      cookie: { httpOnly: true, sameSite: 'lax', secure: https, path: '/', maxAge: lifetimeMs },
      saveUninitialized: false,
      rolling: false,
      store: createSessionStore(rows, lifetimeMs),
    })
    await app.register(csrf, {
      sessionPlugin: '@fastify/cookie',
      cookieKey: https ? '__Host-tenantry-csrf' : 'tenantry-csrf',
      cookieOpts: { httpOnly: true, sameSite: 'lax', secure: https, path: '/', signed: true },
    })
    app.addHook('preHandler', (request, reply, done) => {
      if (needsToken(request)) app.csrfProtection(request, reply, done)
      else done()
    })
  },
  { name: 'sessions' },
)

function needsToken(request: FastifyRequest): boolean {
  if (!isUnsafe(request) || request.is404) return false
  const { acceptsOtherSites, originSuffices } = request.routeOptions.config
  return !acceptsOtherSites && !(originSuffices && isFromOurPage(request))
}
