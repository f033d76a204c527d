import type { FastifyInstance } from 'fastify'
import QRCode from 'qrcode'
import { z } from 'zod'
import type { Config } from '../../../config.ts'
import type { ConsentFlow } from '../../../consent/flow.ts'
import { invitationStatuses } from '../../../invitations/invitation-status.ts'
import { linkFor } from '../../../invitations/invitation-view.ts'
import {
  describeInvitation,
  invitationTimeline,
  possibleActs,
} from '../../../invitations/invitation-words.ts'
import type { Invitations } from '../../../invitations/invitations.ts'
import { messageFor } from '../../../invitations/ready-message.ts'
import { isAwaited } from '../../../invitations/reminder.ts'
import type { Reminders } from '../../../invitations/send-reminder.ts'
import type { Connect } from '../../../onboarding/connect.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { invitationActRoutes } from './acts.ts'
import { breadcrumbs, lives, section } from './common.ts'
import { editInvitationRoutes } from './edit.ts'
import { newInvitationRoutes } from './new.ts'
import { failureOf, mailStateOf, statusTabs, toRow, waitingOf } from './view.ts'

type InvitationOptions = {
  invitations: Invitations
  reminders: Reminders
  consent: ConsentFlow
  connect: Connect
  config: Config
  key: Buffer
}
type ById = { Params: { id: string } }

const perPage = 50

const listQuery = z.object({
  search: z.string().trim().max(200).catch(''),
  status: z.enum(invitationStatuses).optional().catch(undefined),
  overdue: z.literal('true').optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
})

/** Links for customers: make, send, follow, withdraw, extend, make again. */
export async function invitationRoutes(app: FastifyInstance, options: InvitationOptions): Promise<void> {
  const { invitations, reminders, consent, connect, config, key } = options
  const { publicUrl } = config

  await app.register(newInvitationRoutes, { invitations })
  await app.register(invitationActRoutes, { invitations, reminders, consent, connect })
  await app.register(editInvitationRoutes, { invitations })

  app.get<{ Querystring: Record<string, string> }>(
    '/invitations',
    { config: { act: 'invitation.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { search, status, overdue, cursor } = readInput(listQuery, request.query)
      const isOverdue = overdue === 'true'
      const filters = { isOverdue, ...(search ? { search } : {}), ...(status ? { status } : {}) }
      const [{ items, nextCursor }, counts, overdueCount] = await Promise.all([
        invitations.list(actor, filters, { limit: perPage, cursor: cursor ?? null }),
        invitations.counts(actor),
        invitations.countOverdue(actor),
      ])
      const now = new Date()
      const href = (changes: Record<string, string | undefined>) => {
        const query = new URLSearchParams()
        for (const [name, value] of Object.entries({ search, status, overdue, ...changes }))
          if (value) query.set(name, value)
        return query.size > 0 ? `/invitations?${query}` : '/invitations'
      }
      const list = {
        items: items.map(item => toRow(item, now)),
        search,
        status: status ?? null,
        isOverdue,
        tabs: statusTabs(counts, overdueCount, { status, isOverdue }, href),
        isFiltered: search !== '' || status !== undefined || isOverdue,
        isFirstPage: cursor === undefined,
        firstHref: cursor ? href({}) : null,
        nextHref: nextCursor ? href({ cursor: nextCursor }) : null,
      }
      if (request.headers['hx-request']) return await reply.partial('/invitations/_list', { list })
      return await reply.page('/invitations/index', { title: 'Invitations', section }, { list })
    },
  )

  app.get<ById & { Querystring: { seen?: string } }>(
    '/invitations/:id',
    { config: { act: 'invitation.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const invitation = await invitations.get(actor, request.params.id)
      const now = new Date()
      const acts = possibleActs(invitation)
      const waiting = waitingOf(invitation)
      const direct = await connect.directTenant(requireActor(request), invitation)
      const stage = [...Object.values(acts), waiting !== null, direct !== null].map(Number).join('')
      const follow = {
        href: `/invitations/${invitation.id}?seen=${stage}`,
        isOver: ['verified', 'expired', 'revoked'].includes(invitation.status),
      }
      const state = {
        ...toRow(invitation, now),
        ...describeInvitation(invitation),
        follow,
        failure: failureOf(invitation),
        direct,
      }
      const data = { state, timeline: invitationTimeline(invitation) }
      if (request.headers['hx-request']) {
        // What can be done has changed: the buttons outside the part that follows are out of date.
        if (request.query.seen !== stage) reply.header('hx-refresh', 'true')
        return await reply.partial('/invitations/_state', data)
      }
      const link = linkFor(actor, { key, publicUrl }, invitation.id)
      const message = (kind: 'first' | 'reminder', address: string) =>
        messageFor(config, invitation, address, kind)
      const toSend = link && { link, message: message('first', link), qr: await qrOf(link) }
      const reminder = link && isAwaited(invitation) && acts.isOpen ? message('reminder', link) : null
      return await reply.page(
        '/invitations/show',
        { title: `Invitation for ${invitation.customer.name}`, section, breadcrumbs },
        {
          ...data,
          acts,
          waiting,
          lives,
          toSend: acts.isOpen ? toSend : null,
          reminder: reminder && { ...reminder, ...mailStateOf(invitation, reminders.canMail, now) },
        },
      )
    },
  )
}

/** The link for another device. Drawn without style attributes, which the security policy forbids. */
async function qrOf(link: string): Promise<string> {
  return await QRCode.toString(link, { type: 'svg', margin: 0, errorCorrectionLevel: 'M' })
}
