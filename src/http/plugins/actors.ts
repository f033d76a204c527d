import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'
import type { ApiKeys } from '../../staff/api-keys.ts'
import type { Members } from '../../staff/members.ts'
import type { Actor } from '../../tenants/actor.ts'

/** Tells each request who asks: a signed-in member of staff, or a program with an API key. */
export const actors = plugin(
  async (app: FastifyInstance, { apiKeys, members }: { apiKeys: ApiKeys; members: Members }) => {
    app.decorateRequest('actor', null)

    app.addHook('onRequest', async request => {
      if (request.url.startsWith('/api/')) {
        const [scheme, key] = (request.headers.authorization ?? '').split(' ')
        if (scheme?.toLowerCase() === 'bearer' && key) request.actor = await apiKeys.actorOf(key)
        return
      }
      const staff = request.session.staff
      if (!staff?.role) return
      request.actor = {
        kind: 'staff',
        id: staff.objectId,
        label: staff.username,
        role: staff.role,
        // Read for each request: a limit that an administrator sets holds at once.
        limitedToTags: await members.limitsOf(staff.objectId),
      }
    })
  },
  { name: 'actors', dependencies: ['sessions'] },
)

/** @throws AppError `unauthenticated` when nobody signed in or no API key was sent */
export function requireActor(request: FastifyRequest): Actor {
  if (request.actor) return request.actor
  throw new AppError('unauthenticated', 'this needs a sign-in or an API key', {
    remedy: request.url.startsWith('/api/')
      ? 'Send "Authorization: Bearer <API key>"; make a key on the settings page or with "tenantry api-key create".'
      : "Sign in with your organization's account.",
  })
}
