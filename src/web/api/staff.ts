import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Members, MemberView } from '../../staff/members.ts'
import type { StaffSessions } from '../../staff/sessions/sessions.ts'
import { staffRoles } from '../../tenants/actor.ts'
import { limitsInput, readLimits } from '../../tenants/limits.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { approval } from './approvals.ts'
import { limits, refusals, time, toLimits } from './schemas.ts'

const member = z.object({
  objectId: z.string(),
  username: z.string(),
  name: z.string(),
  roles: z.array(z.enum(staffRoles)).describe('As the last sign-in brought them'),
  tenants: limits,
  lastSignInAt: time.nullable().describe('Null until the first sign-in'),
  enteredBy: z.string().nullable(),
  removedAt: time.nullable(),
})

const session = z.object({
  id: z.string(),
  browser: z.string(),
  address: z.string().nullable(),
  since: time,
  lastSeenAt: time,
  expiresAt: time.describe('No activity moves it'),
})

const byObjectId = z.object({ objectId: z.guid() })

/** Staff, what each may see, and their sessions. */
export async function staffApi(
  app: FastifyInstance,
  { members, staffSessions }: { members: Members; staffSessions: StaffSessions },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Staff']
  const config = { act: 'staff.manage' } as const

  api.get(
    '/staff',
    {
      config,
      schema: {
        tags,
        summary: 'List staff by user name',
        description: 'Whoever is limited to tenants sees the staff that see no more.',
        response: { 200: z.object({ items: z.array(member) }), ...refusals },
      },
    },
    async request => ({ items: (await members.list(requireActor(request))).map(toAnswer) }),
  )

  api.post(
    '/staff',
    {
      config,
      schema: {
        tags,
        summary: 'Enter somebody before their first sign-in',
        description: 'Their role comes from Entra when they sign in. Somebody who was removed comes back so.',
        body: z.strictObject({
          objectId: z.guid(),
          username: z.string().max(200),
          tenants: limitsInput.describe('Nobody gives more than they hold'),
        }),
        response: { 201: member, 202: approval, ...refusals },
      },
    },
    async (request, reply) => {
      const { tenants, ...person } = request.body
      const made = await members.enter(requireActor(request), { ...person, tenants: readLimits(tenants) })
      return reply.code(201).send(toAnswer(made))
    },
  )

  api.patch(
    '/staff/:objectId',
    {
      config,
      schema: {
        tags,
        summary: 'Say which tenants somebody sees',
        description: 'It holds at once, in every session that they have.',
        params: byObjectId,
        body: z.strictObject({ tenants: limitsInput }),
        response: { 200: member, 202: approval, ...refusals },
      },
    },
    async request => {
      const limits = readLimits(request.body.tenants)
      return toAnswer(await members.limit(requireActor(request), request.params.objectId, limits))
    },
  )

  api.delete(
    '/staff/:objectId',
    {
      config,
      schema: {
        tags,
        summary: 'Remove somebody who left',
        description:
          'Their sessions end, their keys, schedules and rules stop, and no sign-in lets them back.',
        params: byObjectId,
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await members.remove(requireActor(request), request.params.objectId)
      return reply.code(204).send(null)
    },
  )

  api.get(
    '/staff/:objectId/sessions',
    {
      config,
      schema: {
        tags,
        summary: 'List the sessions of somebody',
        params: byObjectId,
        response: { 200: z.object({ items: z.array(session) }), ...refusals },
      },
    },
    async request => ({
      items: await staffSessions.list(requireActor(request), request.params.objectId.toLowerCase()),
    }),
  )

  api.delete(
    '/staff/:objectId/sessions',
    {
      config,
      schema: {
        tags,
        summary: 'End the sessions of somebody',
        params: byObjectId,
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      await staffSessions.end(requireActor(request), request.params.objectId.toLowerCase())
      return reply.code(204).send(null)
    },
  )
}

function toAnswer(view: MemberView) {
  return { ...view, tenants: toLimits(view.tenants) }
}
