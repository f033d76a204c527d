import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Invitations } from '../../../invitations/invitations.ts'
import { wordIssue } from '../../../platform/issue-words.ts'
import { formErrors, sentences } from '../../errors/form-errors.ts'
import { readProblem } from '../../errors/problem.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { breadcrumbs, lives, readableHours, section } from './common.ts'
import { detailsFields, newDetails, toDetails } from './details.ts'

const newForm = z.object({
  customerName: z.string().trim().min(1, 'Say who the link is for').max(200, 'At most 200 characters'),
  tenant: z.string().trim().max(253, 'A tenant id or a domain is shorter').default(''),
  hours: readableHours,
  ...detailsFields,
})

/** Refusals that belong to one field of the form. */
const fieldOf: Partial<Record<AppError['code'], string>> = {
  invalid: 'customerName',
  tenant_not_found: 'tenant',
  wrong_cloud: 'tenant',
  tenant_taken: 'tenant',
}

/** The form that makes a link. */
export async function newInvitationRoutes(
  app: FastifyInstance,
  { invitations }: { invitations: Invitations },
): Promise<void> {
  async function showForm(
    reply: FastifyReply,
    form: Record<string, unknown>,
    errors: Record<string, string> = {},
    problem: ReturnType<typeof readProblem> = null,
  ): Promise<FastifyReply> {
    const head = { title: 'New invitation', section, breadcrumbs }
    return await reply.page('/invitations/new', head, {
      form: { customerName: '', tenant: '', ...newDetails(new Date()), ...form, hours: form.hours ?? 168 },
      hasTags: true,
      lives,
      errors,
      errorList: Object.entries(errors).map(([field, message]) => ({ field, message })),
      problem,
    })
  }

  app.get<{ Querystring: Record<string, string> }>(
    '/invitations/new',
    { config: { act: 'invitation.create' } },
    async (request, reply) => {
      const { customerName, tenant } = request.query
      return await showForm(reply, { customerName, tenant })
    },
  )

  app.post('/invitations', { config: { act: 'invitation.create' } }, async (request, reply) => {
    const actor = requireActor(request)
    const typed = (request.body ?? {}) as Record<string, unknown>
    const form = newForm.safeParse(typed, { error: wordIssue })
    if (!form.success) {
      const errors = Object.fromEntries(
        form.error.issues.map(({ path, message }) => [String(path[0]), message]),
      )
      return await showForm(reply.code(422), typed, errors)
    }
    try {
      const { customerName, tenant, hours: expiresInHours } = form.data
      const wanted = { customerName, tenant, expiresInHours, ...toDetails(form.data) }
      const made = await invitations.create(actor, wanted)
      request.session.flash = {
        kind: 'success',
        text: `The link for ${made.customer.name} is ready to be sent.`,
      }
      return reply.redirect(`/invitations/${made.id}`, 303)
    } catch (error) {
      if (error instanceof AppError && error.details.fields)
        return await showForm(reply.code(422), typed, formErrors(error).fields)
      const field = error instanceof AppError ? fieldOf[error.code] : undefined
      const problem = readProblem(error)
      if (!problem || (error instanceof AppError && !field)) throw error
      reply.code(field ? 422 : problem.status)
      if (!field) return await showForm(reply, typed, {}, problem)
      return await showForm(reply, typed, {
        [field]: sentences(problem.failure.message, problem.failure.remedy),
      })
    }
  })
}
