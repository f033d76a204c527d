import type { FastifyInstance } from 'fastify'
import { AppError } from '../../errors.ts'
import { freshForSeconds } from '../../staff/sessions/fresh.ts'
import type { StaffSessions } from '../../staff/sessions/sessions.ts'
import { formats } from '../formats.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { confirmAddress } from '../plugins/access/fresh-sign-in.ts'
import { sessionIdHash } from '../plugins/access/session-store.ts'

/** What asks for a new sign-in, in words. */
const titles: Record<string, string> = {
  'audit.acknowledge': 'Acknowledging a restore',
  'key.manage': 'A change of API keys',
  'staff.manage': 'A change of staff',
  'tenant.offboard': 'Offboarding a tenant',
  'tenant.suspend': 'Suspending or resuming',
}

/** One's own sessions, and what was asked for before one had to sign in again. */
export async function accountRoutes(
  app: FastifyInstance,
  { staffSessions }: { staffSessions: StaffSessions },
): Promise<void> {
  const own = { config: { act: 'session.own' } } as const

  app.get('/account/sessions', own, async (request, reply) => {
    const actor = requireActor(request)
    const sessions = await staffSessions.list(actor, actor.id, sessionIdHash(request.session.sessionId))
    return await reply.page('/staff/sessions', { title: 'Your sessions' }, { sessions })
  })

  app.post<{ Params: { id: string } }>('/account/sessions/:id/end', own, async (request, reply) => {
    const actor = requireActor(request)
    await staffSessions.end(actor, actor.id, request.params.id)
    request.session.flash = {
      kind: 'success',
      text: 'The session is over: its browser has to sign in again.',
    }
    return reply.redirect('/account/sessions', 303)
  })

  app.get(confirmAddress, own, async (request, reply) => {
    const { pendingAct } = request.session
    const age = pendingAct ? Date.now() - Date.parse(pendingAct.at) : Number.POSITIVE_INFINITY
    if (!pendingAct || age > freshForSeconds * 1000) {
      throw new AppError('gone', 'there is nothing left to continue with', {
        remedy: 'Go back to where you were, and ask for it again.',
      })
    }
    const { act, action, fields } = pendingAct
    const shown = fields
      .filter(([, value]) => value !== '')
      .map(([name, value]) => ({ label: formats.words(name) ?? name, value }))
    const asked = { title: titles[act] ?? 'What you asked for', action, fields, shown }
    return await reply.page('/staff/confirm', { title: 'Continue' }, { asked })
  })
}
