import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { describe, type EntraError, traceOf } from './aadsts.ts'
import type { AnswerTarget, AuthorizeRequest } from './authorize-request.ts'
import type { EntraContext, SignedIn } from './context.ts'
import { formPostPage } from './pages/messages.ts'

/** Sends an HTML page; nothing that Entra shows may be kept. */
export function sendPage(reply: FastifyReply, page: string, status = 200): FastifyReply {
  return reply
    .code(status)
    .headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store, no-cache' })
    .send(page)
}

/** Hands parameters to the application in the way it asked for. */
export function sendAnswer(reply: FastifyReply, target: AnswerTarget, answer: URLSearchParams): FastifyReply {
  if (target.state !== undefined) answer.set('state', target.state)
  if (target.responseMode === 'form_post') return sendPage(reply, formPostPage(target.redirectUri, answer))

  const location = new URL(target.redirectUri)
  if (target.responseMode === 'fragment') location.hash = answer.toString()
  else for (const [name, value] of answer) location.searchParams.append(name, value)
  return reply.redirect(location.href, 302)
}

/** An OAuth error, as a redirect carries it. */
export function errorParams(context: EntraContext, error: EntraError, subcode?: string): URLSearchParams {
  return new URLSearchParams({
    error: error.error,
    error_description: describe(error, traceOf(context.world.now())),
    error_uri: `${context.hosts.login}/error?code=${error.code}`,
    ...(subcode && { error_subcode: subcode }),
  })
}

/** Issues an authorization code for a person who signed in, and hands it over. */
export function sendCode(
  context: EntraContext,
  reply: FastifyReply,
  target: AnswerTarget,
  request: AuthorizeRequest,
  signedIn: SignedIn,
): FastifyReply {
  const { scopes, nonce, challenge } = request
  const code = context.codes.issue({ ...signedIn, redirectUri: target.redirectUri, scopes, nonce, challenge })
  const sessionState = createHash('sha256').update(signedIn.sid).digest('hex').slice(0, 32)
  const answer = new URLSearchParams({ code, session_state: sessionState })
  if (request.wantsClientInfo) answer.set('client_info', clientInfo(signedIn))
  return sendAnswer(reply, target, answer)
}

/** What MSAL builds its account ids from. */
export function clientInfo({ tenant, person }: SignedIn): string {
  return Buffer.from(JSON.stringify({ uid: person.objectId, utid: tenant.tenantId })).toString('base64url')
}
