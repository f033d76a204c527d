import type { FastifyInstance, FastifyReply } from 'fastify'
import QRCode from 'qrcode'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { type InvitationStatus, invitationStatuses } from '../../consent/invitation-status.ts'
import { joinUrl } from '../../consent/invitation-view.ts'
import { describeInvitation, invitationTimeline, possibleActs } from '../../consent/invitation-words.ts'
import type { Invitations } from '../../consent/invitations.ts'
import { readyMessage } from '../../consent/ready-message.ts'
import type { InvitationRecord } from '../../consent/store.ts'
import { AppError } from '../../errors.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import { readStoredFailure } from '../../tenants/stored-failure.ts'
import { requireActor } from '../plugins/actors.ts'
import { readProblem } from '../problem.ts'

type InvitationOptions = { invitations: Invitations; config: Config; key: Buffer }
type ById = { Params: { id: string } }

const perPage = 50
const section = 'invitations' as const
const breadcrumbs = [{ href: '/invitations', label: 'Invitations' }]

const listQuery = z.object({
  search: z.string().trim().max(200).catch(''),
  status: z.enum(invitationStatuses).optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
})

const lives = [
  { value: 24, label: '1 day' },
  { value: 72, label: '3 days' },
  { value: 168, label: '1 week' },
  { value: 336, label: '2 weeks' },
  { value: 720, label: '30 days' },
  { value: 2160, label: '90 days' },
]

const howLong = 'Choose how long the link is to be valid: at most 90 days'
const hours = z.coerce.number(howLong).int(howLong).min(1, howLong).max(2160, howLong)
const newForm = z.object({
  customerName: z.string().trim().min(1, 'Say who the link is for').max(200, 'At most 200 characters'),
  tenant: z.string().trim().max(253, 'A tenant id or a domain is shorter').default(''),
  hours,
})

/** Refusals that belong to one field of the form. */
const fieldOf: Partial<Record<AppError['code'], string>> = {
  invalid: 'customerName',
  tenant_not_found: 'tenant',
  wrong_cloud: 'tenant',
  tenant_taken: 'tenant',
}

/** Links for customers: make, send, follow, withdraw, extend, make again. */
export async function invitationRoutes(app: FastifyInstance, options: InvitationOptions): Promise<void> {
  const { invitations, config, key } = options
  const { publicUrl } = config

  app.get<{ Querystring: Record<string, string> }>('/invitations', async (request, reply) => {
    const actor = requireActor(request)
    const { search, status, cursor } = listQuery.parse(request.query)
    const filters = { ...(search ? { search } : {}), ...(status ? { status } : {}) }
    const [{ items, nextCursor }, counts] = await Promise.all([
      invitations.list(actor, filters, { limit: perPage, cursor: cursor ?? null }),
      invitations.counts(actor),
    ])
    const href = (changes: Record<string, string | undefined>) => {
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries({ search, status, ...changes }))
        if (value) query.set(name, value)
      return query.size > 0 ? `/invitations?${query}` : '/invitations'
    }
    const list = {
      items: items.map(toRow),
      search,
      status: status ?? null,
      tabs: statusTabs(counts, status, href),
      isFiltered: search !== '' || status !== undefined,
      isFirstPage: cursor === undefined,
      firstHref: cursor ? href({}) : null,
      nextHref: nextCursor ? href({ cursor: nextCursor }) : null,
    }
    if (request.headers['hx-request']) return await reply.partial('/invitations/_list', { list })
    return await reply.page('/invitations/index', { title: 'Invitations', section }, { list })
  })

  async function showForm(
    reply: FastifyReply,
    form: { customerName?: unknown; tenant?: unknown; hours?: unknown },
    errors: Record<string, string> = {},
    problem: ReturnType<typeof readProblem> = null,
  ): Promise<FastifyReply> {
    const facts = { title: 'New invitation', section, breadcrumbs }
    return await reply.page('/invitations/new', facts, {
      form: { customerName: '', tenant: '', ...form, hours: form.hours ?? 168 },
      lives,
      errors,
      errorList: Object.entries(errors).map(([field, message]) => ({ field, message })),
      problem,
    })
  }

  app.get<{ Querystring: Record<string, string> }>('/invitations/new', async (request, reply) => {
    requireAct(requireActor(request), 'invite')
    const { customerName, tenant } = request.query
    return await showForm(reply, { customerName, tenant })
  })

  app.post('/invitations', { preHandler: app.csrfProtection }, async (request, reply) => {
    const actor = requireActor(request)
    const typed = (request.body ?? {}) as Record<string, unknown>
    const form = newForm.safeParse(typed)
    if (!form.success) {
      const errors = Object.fromEntries(
        form.error.issues.map(({ path, message }) => [String(path[0]), message]),
      )
      return await showForm(reply.code(422), typed, errors)
    }
    try {
      const { customerName, tenant, hours: expiresInHours } = form.data
      const made = await invitations.create(actor, { customerName, tenant, expiresInHours })
      request.session.flash = {
        kind: 'success',
        text: `The link for ${made.customer.name} is ready to be sent.`,
      }
      return reply.redirect(`/invitations/${made.id}`, 303)
    } catch (error) {
      const field = error instanceof AppError ? fieldOf[error.code] : undefined
      const problem = readProblem(error)
      if (!problem || (error instanceof AppError && !field)) throw error
      reply.code(field ? 422 : problem.status)
      if (!field) return await showForm(reply, typed, {}, problem)
      return await showForm(reply, typed, {
        [field]: [problem.detail, problem.remedy].filter(Boolean).join(' '),
      })
    }
  })

  app.get<ById & { Querystring: { seen?: string } }>('/invitations/:id', async (request, reply) => {
    const invitation = await invitations.get(requireActor(request), request.params.id)
    const acts = possibleActs(invitation)
    const stage = Object.values(acts).map(Number).join('')
    const follow = {
      href: `/invitations/${invitation.id}?seen=${stage}`,
      isOver: ['verified', 'expired', 'revoked'].includes(invitation.status),
    }
    const state = {
      ...toRow(invitation),
      ...describeInvitation(invitation),
      follow,
      failure: failureOf(invitation),
    }
    const data = { state, timeline: invitationTimeline(invitation) }
    if (request.headers['hx-request']) {
      // What can be done has changed: the buttons outside the part that follows are out of date.
      if (request.query.seen !== stage) reply.header('hx-refresh', 'true')
      return await reply.partial('/invitations/_state', data)
    }
    const link = joinUrl({ key, publicUrl }, invitation.id)
    return await reply.page(
      '/invitations/show',
      { title: `Invitation for ${invitation.customer.name}`, section, breadcrumbs },
      { ...data, acts, lives, link, message: messageFor(invitation, link), qr: await qrOf(link) },
    )
  })

  /** One act on a link; a refusal because it has moved on is told on its page. */
  function act(
    path: string,
    run: (actor: Actor, id: string, body: unknown) => Promise<{ id: string; text: string }>,
  ) {
    app.post<ById>(`/invitations/:id/${path}`, { preHandler: app.csrfProtection }, async (request, reply) => {
      const { id } = request.params
      try {
        const done = await run(requireActor(request), id, request.body)
        request.session.flash = { kind: 'success', text: done.text }
        return reply.redirect(`/invitations/${done.id}`, 303)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'conflict') throw error
        const problem = readProblem(error)
        const text = [problem?.detail, problem?.remedy].filter(Boolean).join(' ')
        request.session.flash = { kind: 'warning', text }
        return reply.redirect(`/invitations/${id}`, 303)
      }
    })
  }

  act('revocation', async (actor, id) => {
    const { status } = await invitations.revoke(actor, id)
    const text =
      status === 'revoked' ? 'The link is withdrawn: it leads nowhere any more.' : 'The link had expired.'
    return { id, text }
  })

  act('extension', async (actor, id, body) => {
    const form = z.object({ hours }).parse(body)
    await invitations.extend(actor, id, form.hours)
    return { id, text: 'The link is valid longer; its address stays the same.' }
  })

  act('successor', async (actor, id) => {
    const made = await invitations.makeAgain(actor, id)
    return { id: made.id, text: 'This is the new link. The old one leads nowhere any more.' }
  })

  function messageFor(invitation: InvitationRecord, link: string) {
    const message = readyMessage({
      partnerName: config.partnerName,
      customerName: invitation.customer.name,
      link,
      organization: invitation.pinnedDomain ?? invitation.pinnedTenantId,
      expiresAt: invitation.expiresAt,
      requiredRoles: config.askedRoles,
      purpose: invitation.purpose === 'reconsent' ? 'reconsent' : 'consent',
    })
    const query = Object.entries(message).map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
    return { ...message, mailto: `mailto:?${query.join('&')}` }
  }
}

/** The link for another device. Drawn without style attributes, which the security policy forbids. */
async function qrOf(link: string): Promise<string> {
  return await QRCode.toString(link, { type: 'svg', margin: 0, errorCorrectionLevel: 'M' })
}

function toRow(invitation: InvitationRecord) {
  const { id, status, purpose, customer, createdAt, createdByLabel, expiresAt, tenant } = invitation
  return {
    id,
    status,
    isRenewal: purpose === 'reconsent',
    customerName: customer.name,
    /** Domain or id of the tenant it is pinned to, or that it led to. */
    organization:
      tenant?.domain ?? invitation.pinnedDomain ?? invitation.pinnedTenantId ?? tenant?.id ?? null,
    isPinned: invitation.pinnedTenantId !== null,
    tenantHref: tenant ? `/tenants/${tenant.id}` : null,
    createdAt,
    createdBy: createdByLabel,
    expiresAt,
  }
}

/** Why it did not work out, while it has not since. */
function failureOf(invitation: InvitationRecord) {
  return invitation.status === 'failed' ? readStoredFailure(invitation.lastError) : null
}

function statusTabs(
  counts: Partial<Record<InvitationStatus, number>>,
  current: InvitationStatus | undefined,
  href: (changes: Record<string, string | undefined>) => string,
) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const shown = invitationStatuses.filter(status => (counts[status] ?? 0) > 0 || status === current)
  return [
    { href: href({ status: undefined }), label: 'All', count: total, isCurrent: current === undefined },
    ...shown.map(status => ({
      href: href({ status }),
      label: statusLabels[status],
      count: counts[status] ?? 0,
      isCurrent: status === current,
    })),
  ]
}

const statusLabels: Record<InvitationStatus, string> = {
  created: 'Created',
  opened: 'Opened',
  started: 'Started',
  declined: 'Declined',
  failed: 'Failed',
  consented: 'Consented',
  verified: 'Verified',
  expired: 'Expired',
  revoked: 'Withdrawn',
}
