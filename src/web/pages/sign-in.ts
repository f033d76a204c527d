import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import type { Occasions } from '../../audit/occasions.ts'
import { AppError } from '../../errors.ts'
import type { SignIn as EntraSignIn } from '../../microsoft/tokens/index.ts'
import type { Members } from '../../staff/members.ts'
import { toClient } from '../../staff/sessions/sessions.ts'
import type { SessionRows } from '../../staff/sessions/store.ts'
import { localPath, type SignIn } from '../../staff/sign-in.ts'
import { readProblem } from '../errors/problem.ts'
import { unknownActor } from '../plugins/access/access-audit.ts'
import { clientOf } from '../plugins/access/actors.ts'
import { createSignInCookies } from '../plugins/access/sign-in-cookies.ts'
import { readInput } from '../read-input.ts'
import { originOf } from '../request-origin.ts'

type SignInOptions = {
  signIn: SignIn
  entra: Pick<EntraSignIn, 'logoutUrl'>
  members: Members
  sessionRows: SessionRows
  occasions: Occasions
  audit: Audit
  partnerTenantId: string
  publicUrl: string
}

/** Cookies have little room: an address that is longer is not returned to. */
const beginning = z.object({
  returnTo: z.string().max(1500).catch('/').default('/'),
  prompt: z.enum(['select_account']).optional().catch(undefined),
  'signed-out': z.unknown().optional(),
})

/** Anybody can ask for these, as often as they like. */
const limited = { act: 'public', rateLimit: { max: 300, timeWindow: '1 minute' } } as const

/** Staff sign-in and sign-out, here and at Entra. */
export async function signInRoutes(app: FastifyInstance, options: SignInOptions): Promise<void> {
  const { signIn, entra, members, sessionRows, occasions, audit, partnerTenantId, publicUrl } = options
  const cookies = createSignInCookies({ https: publicUrl.startsWith('https:') })

  app.get('/sign-in', { config: { act: 'public' } }, async (request, reply) => {
    const query = readInput(beginning, request.query)
    const returnTo = localPath(query.returnTo, publicUrl)
    if (request.actor) return reply.redirect(returnTo, 303)
    const signedOut = query['signed-out'] !== undefined
    return await reply.page('/staff/sign-in', { title: 'Sign in' }, { returnTo, signedOut })
  })

  const begin = {
    act: 'public',
    originSuffices: true,
    rateLimit: { max: 60, timeWindow: '1 minute' },
  } as const
  app.post('/sign-in', { config: begin }, async (request, reply) => {
    const { returnTo, prompt } = readInput(beginning, request.body)
    const { url, pending } = signIn.begin(returnTo, { prompt })
    cookies.keep(request, reply, pending)
    return reply.redirect(url.href, 303)
  })

  app.get<{ Querystring: Record<string, unknown> }>(
    '/auth/callback',
    // A HEAD must not use up what counts once.
    { config: limited, exposeHeadRoute: false },
    async (request, reply) => {
      // Without any parameter it is the way back from signing out at Entra.
      if (Object.keys(request.query).length === 0) return reply.redirect('/sign-in?signed-out', 303)

      const redirect = new URL(request.url, publicUrl).searchParams
      const pending = cookies.take(request, reply, signIn.attemptOf(redirect))
      try {
        const staff = await signIn.complete(redirect, pending)
        const { staff: before, pendingAct } = request.session
        if (pending?.isFresh && before && before.objectId !== staff.objectId) throw notTheSame()
        const actor = await members.signedIn(staff, originOf(request))
        // A new session id: one that was planted before the sign-in is worth nothing.
        await request.session.regenerate()
        request.session.staff = staff
        request.session.client = toClient(clientOf(request))
        if (pending?.isFresh && pendingAct) request.session.pendingAct = pendingAct
        return reply.redirect(actor ? (pending?.returnTo ?? '/') : '/no-role', 303)
      } catch (error) {
        const problem = readProblem(error)
        if (!problem) throw error
        const { code, message } = problem.failure
        await occasions.refused({
          actor: unknownActor('staff', 'somebody who did not sign in', request),
          action: 'staff.sign-in-failed',
          target: code,
          detail: { reason: message },
        })
        reply.code(problem.status === 401 ? 400 : problem.status)
        return await reply.page(
          '/staff/sign-in-failed',
          { title: 'Sign-in failed' },
          { failure: problem.failure },
        )
      }
    },
  )

  app.get('/no-role', { config: { act: 'public' } }, async (request, reply) => {
    const staff = request.session.staff
    if (!staff || request.actor) return reply.redirect('/', 303)
    return await reply
      .code(403)
      .page('/staff/no-role', { title: 'No role yet' }, { staff, wasRemoved: staff.roles.length > 0 })
  })

  app.post('/sign-out', { config: { act: 'public' } }, async (request, reply) => {
    const staff = request.session.staff
    await request.session.destroy()
    if (!staff) return reply.redirect('/sign-in?signed-out', 303)
    if (request.actor) await audit.record({ actor: request.actor, action: 'staff.signed-out' })
    const url = entra.logoutUrl({
      tenantId: partnerTenantId,
      // Must be a registered redirect URI: the one that is registered anyway, so there are three to register, not four.
      postLogoutRedirectUri: `${publicUrl}/auth/callback`,
      loginHint: staff.loginHint,
    })
    return reply.redirect(url.href, 303)
  })

  // Asking for the page, by a typed address or a stale link: say what signing out is, and offer it.
  app.get('/sign-out', { config: { act: 'public' } }, async (request, reply) => {
    if (!request.session.staff) return reply.redirect('/sign-in?signed-out', 303)
    return await reply.page('/staff/sign-out', { title: 'Sign out' })
  })

  // Entra loads this in a hidden frame when the person signs out anywhere; it
  // sends only `sid`, and browsers often withhold our cookie there.
  app.get<{ Querystring: { sid?: string } }>(
    '/auth/front-channel-sign-out',
    { config: limited, exposeHeadRoute: false },
    async (request, reply) => {
      const { sid } = request.query
      if (typeof sid === 'string' && sid.length > 0 && sid.length <= 200)
        await sessionRows.removeByEntraSid(sid)
      return reply.send('')
    },
  )
}

/** Whoever proves anew who they are must be the one who asked. */
function notTheSame(): AppError {
  return new AppError('unauthenticated', 'another account signed in than the one that asked', {
    remedy: 'Start again, and choose the account that you were signed in with.',
  })
}
