import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ConsentFlow } from '../../../consent/flow.ts'
import { AppError, RemoteError } from '../../../errors.ts'
import type { Invitations } from '../../../invitations/invitations.ts'
import type { Reminders } from '../../../invitations/send-reminder.ts'
import type { Connect } from '../../../onboarding/connect.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { readStoredContact } from '../../../tenants/contact.ts'
import type { Act } from '../../../tenants/permissions.ts'
import { sentences } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { readableHours } from './common.ts'

/** What staff do with a link: remind, withdraw, confirm, connect, extend, make again. */
export async function invitationActRoutes(
  app: FastifyInstance,
  {
    invitations,
    reminders,
    consent,
    connect,
  }: { invitations: Invitations; reminders: Reminders; consent: ConsentFlow; connect: Connect },
): Promise<void> {
  /** One act on a link; a refusal because it has moved on is told on its page. */
  function act(
    path: string,
    name: Act,
    run: (actor: Actor, id: string, body: unknown) => Promise<{ id: string; text: string }>,
  ) {
    app.post<{ Params: { id: string } }>(
      `/invitations/:id/${path}`,
      { config: { act: name } },
      async (request, reply) => {
        const { id } = request.params
        try {
          const done = await run(requireActor(request), id, request.body)
          request.session.flash = { kind: 'success', text: done.text }
          return reply.redirect(`/invitations/${done.id}`, 303)
        } catch (error) {
          const text = refusalWords(error)
          if (text === null) throw error
          request.session.flash = { kind: 'warning', text }
          return reply.redirect(`/invitations/${id}`, 303)
        }
      },
    )
  }

  act('reminder', 'invitation.write', async (actor, id) => {
    const { contact } = await reminders.send(actor, id)
    return { id, text: `The reminder is sent to ${readStoredContact(contact)?.email}.` }
  })

  act('revocation', 'invitation.write', async (actor, id) => {
    const { status } = await invitations.revoke(actor, id)
    const text =
      status === 'revoked' ? 'The link is withdrawn: it leads nowhere any more.' : 'The link had expired.'
    return { id, text }
  })

  act('confirmation', 'invitation.confirm', async (actor, id, body) => {
    const { confirm } = readInput(z.object({ confirm: z.enum(['true', 'false']) }), body)
    await consent.confirm(actor, id, confirm === 'true')
    const text =
      confirm === 'true'
        ? 'Confirmed. The connection is being checked, which takes up to a few minutes.'
        : 'Refused. Nothing was connected; withdraw the link if it fell into the wrong hands.'
    return { id, text }
  })

  act('connection', 'tenant.connect', async (actor, id) => {
    const tenant = await connect.connectInvitation(actor, id)
    return { id, text: `${tenant.name} is connected: a token proves that it approved the app.` }
  })

  act('extension', 'invitation.write', async (actor, id, body) => {
    const form = readInput(z.object({ hours: readableHours }), body)
    await invitations.extend(actor, id, form.hours)
    return { id, text: 'The link is valid longer; its address stays the same.' }
  })

  act('successor', 'invitation.create', async (actor, id) => {
    const made = await invitations.makeAgain(actor, id)
    return { id: made.id, text: 'This is the new link. The old one leads nowhere any more.' }
  })
}

/** Why an act was refused that another state of the link, or the mail server, would allow; null for anything else. */
function refusalWords(error: unknown): string | null {
  if (error instanceof RemoteError && error.failure.service === 'mail')
    return sentences(error.failure.message, error.failure.remedy)
  if (!(error instanceof AppError)) return null
  const { code, message, remedy } = error
  return ['conflict', 'tenant_taken', 'consent_missing'].includes(code) ? sentences(message, remedy) : null
}
