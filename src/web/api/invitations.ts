import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ConsentFlow } from '../../consent/flow.ts'
import { failure } from '../../errors.ts'
import { invitationStatuses } from '../../invitations/invitation-status.ts'
import { toInvitationView } from '../../invitations/invitation-view.ts'
import type { Invitations } from '../../invitations/invitations.ts'
import type { Reminders } from '../../invitations/send-reminder.ts'
import type { Connect } from '../../onboarding/connect.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { contact, contactDraft, listOf, listQuery, problem, refusals, time } from './schemas.ts'

const status = z.enum(invitationStatuses)

const notes = {
  tags: z.array(z.string().max(200)).max(50).describe('What the tenant is tagged with when it connects'),
  contact: contactDraft,
  remindAt: time.nullable().describe('When to be reminded of a link that nobody used; null: never'),
}

const invitation = z.object({
  id: z.string(),
  customerName: z.string(),
  tenantId: z.string().nullable().describe('Tenant it is pinned to, or that was connected through it'),
  status,
  joinUrl: z
    .string()
    .nullable()
    .describe('The link for the customer’s administrator; null for whoever may not make links'),
  createdAt: time,
  expiresAt: time,
  proof: z
    .object({
      tenantId: z.string(),
      domain: z.string().nullable(),
      objectId: z.string(),
      username: z.string().nullable(),
      administrator: z.boolean().nullable().describe('null when the sign-in told no directory roles'),
    })
    .nullable()
    .describe('Who signed in through an open link and waits for a confirmation'),
  tags: notes.tags,
  contact: contact.nullable(),
  remindAt: notes.remindAt,
  remindedAt: time.nullable().describe('When the contact was last mailed a reminder'),
  overdue: z.boolean().describe('The customer should have used the link by now'),
})

const invitationWithEvents = invitation.extend({
  lastError: failure.nullable().describe('Why the last try did not work out'),
  events: z.array(z.object({ at: time, type: z.string(), detail: z.string().nullable() })),
})

const byId = z.object({ id: z.guid() })
const hours = z.number().int().min(1).max(2160)

/** Consent links: make, look, remind, extend, withdraw. */
export async function invitationApi(
  app: FastifyInstance,
  {
    invitations,
    reminders,
    consent,
    connect,
    key,
    publicUrl,
  }: {
    invitations: Invitations
    reminders: Reminders
    consent: ConsentFlow
    connect: Connect
    key: Buffer
    publicUrl: string
  },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Invitations']
  const view = (request: FastifyRequest, record: Awaited<ReturnType<Invitations['get']>>) =>
    toInvitationView(record, { key, publicUrl }, requireActor(request))

  api.post(
    '/invitations',
    {
      config: { act: 'invitation.create' },
      schema: {
        tags,
        summary: 'Make a consent link for a customer',
        body: z.strictObject({
          customerName: z.string().trim().min(1).max(200),
          tenant: z
            .string()
            .trim()
            .min(1)
            .max(253)
            .optional()
            .describe('Tenant id or domain; pins the link to that tenant'),
          expiresInHours: hours.optional().describe('Default 168, a week'),
          tags: notes.tags.optional(),
          contact: notes.contact.optional(),
          remindAt: notes.remindAt.optional().describe('Default in three days; null: never'),
        }),
        response: { 201: invitation, 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const { remindAt, ...wanted } = request.body
      const made = await invitations.create(requireActor(request), { ...wanted, ...remindAtOf(remindAt) })
      return reply.code(201).send(view(request, made))
    },
  )

  api.get(
    '/invitations',
    {
      config: { act: 'invitation.read' },
      schema: {
        tags,
        summary: 'List invitations, newest first',
        querystring: listQuery.extend({
          status: status.optional(),
          search: z.string().max(200).optional(),
          overdue: z
            .literal('true')
            .optional()
            .describe('Only links that the customer should have used by now'),
        }),
        response: { 200: listOf(invitationWithEvents), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, overdue, ...rest } = request.query
      const filters = { ...rest, isOverdue: overdue === 'true' }
      const page = await invitations.list(requireActor(request), filters, { limit, cursor: cursor ?? null })
      return { items: page.items.map(item => view(request, item)), nextCursor: page.nextCursor }
    },
  )

  api.get(
    '/invitations/:id',
    {
      config: { act: 'invitation.read' },
      schema: {
        tags,
        summary: 'Get an invitation',
        params: byId,
        response: { 200: invitationWithEvents, ...refusals },
      },
    },
    async request => view(request, await invitations.get(requireActor(request), request.params.id)),
  )

  api.patch(
    '/invitations/:id',
    {
      config: { act: 'invitation.write' },
      schema: {
        tags,
        summary: 'Change the tags, the contact or the reminder of an invitation',
        description: 'What is left out stays as it is.',
        params: byId,
        body: z.strictObject(notes).partial(),
        response: { 200: invitationWithEvents, ...refusals },
      },
    },
    async request => {
      const { remindAt, ...change } = request.body
      const wanted = { ...change, ...remindAtOf(remindAt) }
      return view(request, await invitations.update(requireActor(request), request.params.id, wanted))
    },
  )

  api.post(
    '/invitations/:id/reminder',
    {
      config: { act: 'invitation.write' },
      schema: {
        tags,
        summary: 'Mail a reminder to the contact of an invitation',
        description: 'At most once a day; needs a mail server (`TENANTRY_SMTP_URL`) and an address.',
        params: byId,
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request => view(request, await reminders.send(requireActor(request), request.params.id)),
  )

  api.post(
    '/invitations/:id/revocation',
    {
      config: { act: 'invitation.write' },
      schema: {
        tags,
        summary: 'Withdraw an invitation',
        params: byId,
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request => view(request, await invitations.revoke(requireActor(request), request.params.id)),
  )

  api.post(
    '/invitations/:id/extension',
    {
      config: { act: 'invitation.write' },
      schema: {
        tags,
        summary: 'Make an invitation valid for so many hours from now',
        params: byId,
        body: z.strictObject({ hours: hours.default(168) }),
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request =>
      view(request, await invitations.extend(requireActor(request), request.params.id, request.body.hours)),
  )

  api.post(
    '/invitations/:id/connection',
    {
      config: { act: 'tenant.connect' },
      schema: {
        tags,
        summary: 'Connect the tenant of an invitation directly',
        description:
          'For an approver whose sign-in can never prove the approval, such as a guest or a delegated administrator. Takes the tenant that the invitation is pinned to, else the one that its last approval named; a token proves the approval.',
        params: byId,
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request => {
      const actor = requireActor(request)
      await connect.connectInvitation(actor, request.params.id)
      return view(request, await invitations.get(actor, request.params.id))
    },
  )

  api.post(
    '/invitations/:id/confirmation',
    {
      config: { act: 'invitation.confirm' },
      schema: {
        tags,
        summary: 'Confirm or refuse who signed in through an open invitation',
        description:
          'An open link that was proven by somebody not known to be an administrator waits in the status `confirming`. `confirm: true` connects the tenant that signed in.',
        params: byId,
        body: z.strictObject({ confirm: z.boolean() }),
        response: { 200: invitationWithEvents, 409: problem, ...refusals },
      },
    },
    async request => {
      const actor = requireActor(request)
      await consent.confirm(actor, request.params.id, request.body.confirm)
      return view(request, await invitations.get(actor, request.params.id))
    },
  )
}

/** As a date; what is absent stays absent. */
function remindAtOf(remindAt: string | null | undefined): { remindAt?: Date | null } {
  return remindAt === undefined ? {} : { remindAt: remindAt === null ? null : new Date(remindAt) }
}
