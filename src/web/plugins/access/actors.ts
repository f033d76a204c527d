import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'
import type { ApiKeys } from '../../../staff/keys/api-keys.ts'
import type { StaffSessions } from '../../../staff/sessions/sessions.ts'
import type { Client } from '../../../staff/sessions/store.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { originOf } from '../../request-origin.ts'
import { sessionIdHash } from './session-store.ts'

/** Pages: a member of staff who signed in asks, by the session's cookie. */
export const staffActors = plugin(
  async (pages: FastifyInstance, { staffSessions }: { staffSessions: StaffSessions }) => {
    pages.addHook('onRequest', async request => {
      const { staff } = request.session
      if (!staff) return
      // Read for each request: roles and limits that somebody takes away are gone at once.
      const actor = await staffSessions.actorFor(staff.objectId)
      if (!actor) return
      const idHash = sessionIdHash(request.session.sessionId)
      request.credential = { kind: 'session', idHash }
      request.actor = { ...actor, from: originOf(request) }
      if (!isByItself(request)) await staffSessions.noteUse(idHash, clientOf(request))
    })
  },
  { name: 'staff-actors', dependencies: ['sessions'] },
)

/** The JSON API: a program asks, by its key. Cookies are not read there. */
export const keyActors = plugin(
  async (api: FastifyInstance, { apiKeys }: { apiKeys: ApiKeys }) => {
    api.addHook('onRequest', async request => {
      const key = bearerOf(request)
      if (!key) {
        throw new AppError('unauthenticated', 'this needs an API key', {
          remedy:
            'Send "Authorization: Bearer <API key>"; make a key on the settings page or with "tenantry api-key create".',
        })
      }
      request.actor = await apiKeys.actorOf(key, originOf(request))
      request.credential = { kind: 'api-key', id: request.actor.id }
    })
  },
  { name: 'key-actors' },
)

/** The key that a request carries, null without one. */
export function bearerOf(request: FastifyRequest): string | null {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}

/** Where a session is used from, as the browser and the connection say. */
export function clientOf(request: FastifyRequest): Client {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '' }
}

/** A page that is left open asks on and on: that is no use of the session, and does not keep it. */
function isByItself({ headers }: FastifyRequest): boolean {
  return headers['x-by-itself'] !== undefined || headers.accept === 'text/event-stream'
}

/** @throws AppError `unauthenticated` when nobody signed in */
export function requireActor(request: FastifyRequest): Actor {
  if (request.actor) return request.actor
  throw new AppError('unauthenticated', 'this needs a sign-in', {
    remedy: "Sign in with your organization's account.",
  })
}
