import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../../config.ts'
import type { Members } from '../../../staff/members.ts'
import type { StaffSessions } from '../../../staff/sessions/sessions.ts'
import { formErrors } from '../../errors/form-errors.ts'
import { formats } from '../../formats.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { sessionIdHash } from '../../plugins/access/session-store.ts'
import { readInput } from '../../read-input.ts'
import { fieldsOf, limitsFields, limitsFrom } from './limits-form.ts'

type ById = { Params: { objectId: string } }

const limitsForm = z.object(limitsFields)
const enterForm = z.object({
  ...limitsFields,
  objectId: z.string().max(100).catch('').default(''),
  username: z.string().max(300).catch('').default(''),
})
const breadcrumbs = [{ href: '/settings', label: 'Settings' }]

/** Staff: who they are, what each may see, and their sessions. */
export async function staffRoutes(
  app: FastifyInstance,
  { config, members, staffSessions }: { config: Config; members: Members; staffSessions: StaffSessions },
): Promise<void> {
  const manage = { config: { act: 'staff.manage' } } as const

  async function list(request: FastifyRequest, reply: FastifyReply, answer: object = {}) {
    const staff = await members.list(requireActor(request))
    return await reply.page(
      '/settings/staff',
      { title: 'Staff', section: 'settings', breadcrumbs },
      { staff, newStaff: config.newStaff, form: {}, errors: {}, ...answer },
    )
  }

  async function person(request: FastifyRequest<ById>, reply: FastifyReply, answer: object = {}) {
    const actor = requireActor(request)
    const member = await members.get(actor, request.params.objectId)
    const current = sessionIdHash(request.session.sessionId)
    const sessions = await staffSessions.list(actor, member.objectId, current)
    return await reply.page(
      '/settings/person',
      {
        title: member.name,
        section: 'settings',
        breadcrumbs: [...breadcrumbs, { href: '/settings/staff', label: 'Staff' }],
      },
      {
        member,
        sessions,
        form: fieldsOf(member.tenants),
        errors: {},
        isSelf: member.objectId === actor.id,
        ...answer,
      },
    )
  }

  function done(request: FastifyRequest<ById>, reply: FastifyReply, text: string) {
    request.session.flash = { kind: 'success', text }
    return reply.redirect(`/settings/staff/${request.params.objectId}`, 303)
  }

  app.get('/settings/staff', manage, (request, reply) => list(request, reply))

  app.post('/settings/staff', manage, async (request, reply) => {
    const form = readInput(enterForm, request.body)
    try {
      const { objectId } = await members.enter(requireActor(request), { ...form, tenants: limitsFrom(form) })
      request.session.flash = { kind: 'success', text: `${form.username} is added.` }
      return reply.redirect(`/settings/staff/${objectId}`, 303)
    } catch (error) {
      return await list(request, reply.code(422), { form, errors: errorsOf(error, 'objectId') })
    }
  })

  app.get<ById>('/settings/staff/:objectId', manage, (request, reply) => person(request, reply))

  app.post<ById>('/settings/staff/:objectId/limits', manage, async (request, reply) => {
    const form = readInput(limitsForm, request.body)
    const { objectId } = request.params
    try {
      const { tenants } = await members.limit(requireActor(request), objectId, limitsFrom(form))
      return done(request, reply, `Sees ${formats.limits(tenants)} from now on.`)
    } catch (error) {
      return await person(request, reply.code(422), { form, errors: errorsOf(error, 'tags') })
    }
  })

  app.post<ById>('/settings/staff/:objectId/removal', manage, async (request, reply) => {
    await members.remove(requireActor(request), request.params.objectId)
    return done(request, reply, 'Removed: the sessions are over, and no sign-in lets this person back.')
  })

  app.post<ById>('/settings/staff/:objectId/sessions/end', manage, async (request, reply) => {
    await staffSessions.end(requireActor(request), request.params.objectId)
    return done(request, reply, 'All sessions of this person are over.')
  })

  app.post<{ Params: { objectId: string; id: string } }>(
    '/settings/staff/:objectId/sessions/:id/end',
    manage,
    async (request, reply) => {
      await staffSessions.end(requireActor(request), request.params.objectId, request.params.id)
      return done(request, reply, 'The session is over: its browser has to sign in again.')
    },
  )
}

/** @param whole the field that shows what is about none of them */
function errorsOf(error: unknown, whole: string): Record<string, string> {
  const found = formErrors(error)
  return { ...found.fields, ...(found.whole ? { [whole]: found.whole } : {}) }
}
