import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Invitations } from '../../../invitations/invitations.ts'
import type { InvitationRecord } from '../../../invitations/store.ts'
import { wordIssue } from '../../../platform/issue-words.ts'
import { formErrors } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { breadcrumbs, section } from './common.ts'
import { detailsFields, detailsOf, toDetails } from './details.ts'

type ById = { Params: { id: string } }

const editForm = z.object(detailsFields)

/** The form that changes the tags, the contact and the reminder of a link. */
export async function editInvitationRoutes(
  app: FastifyInstance,
  { invitations }: { invitations: Invitations },
): Promise<void> {
  async function show(
    reply: FastifyReply,
    invitation: InvitationRecord,
    form: Record<string, unknown>,
    errors: Record<string, string> = {},
  ): Promise<FastifyReply> {
    const { id, customer } = invitation
    const crumbs = [...breadcrumbs, { href: `/invitations/${id}`, label: customer.name }]
    return await reply.page(
      '/invitations/edit',
      { title: 'Edit invitation', section, breadcrumbs: crumbs },
      {
        id,
        form,
        hasTags: invitation.purpose === 'consent' && invitation.tenantId === null,
        errors,
        errorList: Object.entries(errors).map(([field, message]) => ({ field, message })),
      },
    )
  }

  app.get<ById>('/invitations/:id/edit', { config: { act: 'invitation.write' } }, async (request, reply) => {
    const invitation = await invitations.get(requireActor(request), request.params.id)
    return await show(reply, invitation, detailsOf(invitation))
  })

  app.post<ById>('/invitations/:id', { config: { act: 'invitation.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const invitation = await invitations.get(actor, request.params.id)
    const typed = { ...detailsOf(invitation), ...(request.body as Record<string, unknown> | null) }
    const form = editForm.safeParse(typed, { error: wordIssue })
    if (!form.success) {
      const errors = form.error.issues.map(({ path, message }) => [String(path[0]), message])
      return await show(reply.code(422), invitation, typed, Object.fromEntries(errors))
    }
    try {
      const { id } = await invitations.update(actor, invitation.id, toDetails(form.data))
      request.session.flash = { kind: 'success', text: 'The invitation is saved.' }
      return reply.redirect(`/invitations/${id}`, 303)
    } catch (error) {
      const { fields, whole } = formErrors(error, () => 'tags')
      return await show(reply.code(422), invitation, typed, whole ? { tags: whole } : fields)
    }
  })
}
