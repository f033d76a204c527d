import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Members } from '../../staff/members.ts'
import { localPath, type SignIn } from '../../staff/sign-in.ts'
import type { SessionRows } from '../../staff/store.ts'
import type { SignIn as EntraSignIn } from '../../tokens/index.ts'
import { readProblem } from '../problem.ts'

type SignInOptions = {
  signIn: SignIn
  entra: Pick<EntraSignIn, 'logoutUrl'>
  members: Members
  sessionRows: SessionRows
  partnerTenantId: string
  publicUrl: string
}

/** Staff sign-in and sign-out, here and at Entra. */
export async function signInRoutes(app: FastifyInstance, options: SignInOptions): Promise<void> {
  const { signIn, entra, members, sessionRows, partnerTenantId, publicUrl } = options

  app.get<{ Querystring: Record<string, string> }>('/sign-in', async (request, reply) => {
    const returnTo = localPath(request.query.returnTo ?? '/')
    if (request.actor) return reply.redirect(returnTo, 303)
    return await reply.page(
      '/staff/sign-in',
      { title: 'Sign in' },
      { returnTo, signedOut: 'signed-out' in request.query },
    )
  })

  app.post('/sign-in', { preHandler: app.csrfProtection }, async (request, reply) => {
    const { returnTo, prompt } = z
      .object({
        returnTo: z.string().max(2000).default('/'),
        prompt: z.enum(['select_account']).optional().catch(undefined),
      })
      .parse(request.body ?? {})
    const { url, pending } = signIn.begin(returnTo, prompt)
    request.session.signIn = pending
    return reply.redirect(url.href, 303)
  })

  app.get<{ Querystring: Record<string, unknown> }>('/auth/callback', async (request, reply) => {
    // Without any parameter it is the way back from signing out at Entra.
    if (Object.keys(request.query).length === 0) return reply.redirect('/sign-in?signed-out', 303)

    const pending = request.session.signIn
    request.session.set('signIn', undefined)
    try {
      const staff = await signIn.complete(new URL(request.url, publicUrl).searchParams, pending)
      await members.signedIn(staff)
      // A new session id: one that was planted before the sign-in is worth nothing.
      await request.session.regenerate()
      request.session.staff = staff
      return reply.redirect(staff.role ? (pending?.returnTo ?? '/') : '/no-role', 303)
    } catch (error) {
      const problem = readProblem(error)
      if (!problem) throw error
      reply.code(problem.status === 401 ? 400 : problem.status)
      return await reply.page('/staff/sign-in-failed', { title: 'Sign-in failed' }, { problem })
    }
  })

  app.get('/no-role', async (request, reply) => {
    const staff = request.session.staff
    if (!staff || staff.role) return reply.redirect('/', 303)
    return await reply.code(403).page('/staff/no-role', { title: 'No role yet' }, { staff })
  })

  app.post('/sign-out', { preHandler: app.csrfProtection }, async (request, reply) => {
    const staff = request.session.staff
    await request.session.destroy()
    if (!staff) return reply.redirect('/sign-in?signed-out', 303)
    const url = entra.logoutUrl({
      tenantId: partnerTenantId,
      // Must be a registered redirect URI: the one that is registered anyway, so there are three to register, not four.
      postLogoutRedirectUri: `${publicUrl}/auth/callback`,
      loginHint: staff.loginHint,
    })
    return reply.redirect(url.href, 303)
  })

  // Asking for the page, by a typed address or a stale link: say what signing out is, and offer it.
  app.get('/sign-out', async (request, reply) => {
    if (!request.session.staff) return reply.redirect('/sign-in?signed-out', 303)
    return await reply.page('/staff/sign-out', { title: 'Sign out' })
  })

  // Entra loads this in a hidden frame when the person signs out anywhere; it
  // sends only `sid`, and browsers often withhold our cookie there.
  app.get<{ Querystring: { sid?: string } }>('/auth/front-channel-sign-out', async (request, reply) => {
    const { sid } = request.query
    if (typeof sid === 'string' && sid.length > 0 && sid.length <= 200)
      await sessionRows.removeByEntraSid(sid)
    return reply.header('cache-control', 'no-store').send('')
  })
}
