import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'
import { isFresh } from '../../../staff/sessions/fresh.ts'
import type { SignIn } from '../../../staff/sign-in.ts'
import { type Act, freshActs } from '../../../tenants/permissions.ts'
import type { PendingAct } from '../../types.ts'
import { isUnsafe } from './same-origin.ts'
import { createSignInCookies } from './sign-in-cookies.ts'

/** Where somebody comes back to after they proved anew who they are. */
export const confirmAddress = '/sign-in/confirm'

/** What is kept of a form; a longer one is filled in again. */
const mostKeptCharacters = 30_000

/**
 * What gives or takes access needs a sign-in of the last minutes: whoever finds
 * an open browser, or took a cookie, gets no further with it. The form is kept
 * while the person signs in again at Entra, and shown to be sent then.
 *
 * @see OpenID Connect Core 1.0, section 3.1.2.1, `max_age`
 */
export const freshSignIn = plugin(
  async (
    app: FastifyInstance,
    { signIn, acr, https }: { signIn: SignIn; acr: string | null; https: boolean },
  ) => {
    const cookies = createSignInCookies({ https })

    // After the check of the form's token: what another site sent is not kept.
    app.addHook('preHandler', async (request, reply) => {
      const act = actOf(request)
      const { staff } = request.session ?? {}
      if (!act || !staff || isFresh(staff, acr, new Date())) return
      request.session.pendingAct = keep(request, act)
      const { url, pending } = signIn.begin(confirmAddress, { fresh: { loginHint: staff.loginHint } })
      cookies.keep(request, reply, pending)
      // htmx follows a redirect by itself, and would show Microsoft's page in a part of ours.
      if (request.headers['hx-request']) return reply.header('hx-redirect', url.href).code(204).send()
      return reply.redirect(url.href, 303)
    })
  },
  { name: 'fresh-sign-in', dependencies: ['sessions', 'staff-actors'] },
)

function actOf(request: FastifyRequest): Act | null {
  if (!isUnsafe(request) || request.is404) return null
  const { act } = request.routeOptions.config
  return freshActs.find(one => one === act) ?? null
}

function keep(request: FastifyRequest, act: Act): PendingAct {
  const fields = Object.entries((request.body ?? {}) as Record<string, unknown>)
    .filter(([name]) => name !== '_csrf')
    .flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)]))
  if (JSON.stringify(fields).length > mostKeptCharacters) {
    throw new AppError('too_large', 'this form is too long to be kept while you sign in again', {
      remedy: 'Sign out and in, and send it within 15 minutes.',
    })
  }
  return { id: randomUUID(), act, action: request.url, fields, at: new Date().toISOString() }
}
