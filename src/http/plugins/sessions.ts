import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import session from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import type { SessionRows } from '../../staff/store.ts'
import { createSessionStore } from '../session-store.ts'

/** A working day; staff sign in again after it. */
const lifetimeMs = 12 * 3_600_000

/** Cookies, server-side sessions and protection of forms against cross-site requests. */
export const sessions = plugin(
  async (
    app: FastifyInstance,
    { rows, secret, https }: { rows: SessionRows; secret: string; https: boolean },
  ) => {
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
  },
  { name: 'sessions' },
)
