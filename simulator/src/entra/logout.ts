import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ownAddress } from './account.ts'
import { sendPage } from './answer.ts'
import { type EntraContext, given, readParams } from './context.ts'
import { signedOutPage, signOutPickerPage } from './pages/messages.ts'
import { loginHint } from './tokens.ts'

/**
 * Sign-out. Applications with a front-channel URL hear of it through a hidden
 * frame that carries only `sid`; the browser goes back only to a registered URI.
 *
 * @see OpenID Connect RP-Initiated Logout 1.0; Microsoft identity platform, "OpenID Connect", sign-out
 */
export async function logoutRoutes(app: FastifyInstance, { context }: { context: EntraContext }) {
  async function logout(request: FastifyRequest, reply: FastifyReply) {
    const params = readParams(request)
    const session = context.sessions.find(request)
    const usernames = session?.usernames ?? []
    const hint = given(params, 'logout_hint')
    const hinted = usernames.find(username => username === hint || loginHint(username) === hint)
    const chosen = hinted ?? usernames.find(username => username === params.get('account'))
    if (!chosen && usernames.length > 1) {
      return sendPage(reply, signOutPickerPage(ownAddress(request, params), usernames))
    }

    context.sessions.signOut(request, reply, chosen)
    const wanted = given(params, 'post_logout_redirect_uri')
    const returnTo = wanted !== undefined && context.registration.allowsRedirect(wanted) ? wanted : undefined
    const { frontChannelLogoutUrl } = context.registration
    if (session && frontChannelLogoutUrl) {
      const notice = new URL(frontChannelLogoutUrl)
      notice.searchParams.set('sid', session.sid)
      return sendPage(
        reply,
        signedOutPage({ frontChannel: [notice.href], returnTo: withState(returnTo, params) }),
      )
    }
    if (returnTo === undefined) {
      return sendPage(reply, signedOutPage({ frontChannel: [], returnTo: undefined }))
    }
    return reply.redirect(withState(returnTo, params) ?? returnTo, 302)
  }

  for (const path of ['/:tenant/oauth2/v2.0/logout', '/:tenant/oauth2/logout']) {
    app.route({ method: ['GET', 'POST'], url: path, handler: logout })
  }
}

function withState(returnTo: string | undefined, params: URLSearchParams): string | undefined {
  const state = given(params, 'state')
  if (returnTo === undefined || state === undefined) return returnTo
  const url = new URL(returnTo)
  url.searchParams.set('state', state)
  return url.href
}
