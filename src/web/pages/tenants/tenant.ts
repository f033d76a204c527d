import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../../config.ts'
import type { Queue } from '../../../incidents/queue/queue.ts'
import type { Invitations } from '../../../invitations/invitations.ts'
import { surfaceLabels } from '../../../microsoft/roles/roles.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { connectionSummary } from '../../../tenants/connection-summary.ts'
import { eventWords } from '../../../tenants/event-words.ts'
import type { TenantRecord } from '../../../tenants/store.ts'
import type { TenantEventView, Tenants } from '../../../tenants/tenants.ts'
import { toTenantView } from '../../../tenants/view.ts'
import { verificationProgress } from '../../../verification/progress.ts'
import { progressSteps } from '../../../verification/progress-steps.ts'
import type { Verification } from '../../../verification/verification.ts'
import { formErrors } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { showOverview } from './tenant-overview.ts'
import { tenantPage } from './tenant-page.ts'

type TenantOptions = {
  tenants: Tenants
  verification: Verification
  invitations: Invitations
  queue: Pick<Queue, 'count'>
  config: Pick<Config, 'requiredRoles'>
}

const detailsForm = z.object({ name: z.string().max(400).optional(), tags: z.string().max(4000).optional() })

const stateQuery = z.object({ seen: z.string().max(20).optional().catch(undefined) })

type WithTenant = { Params: { tenantId: string } }

/** One tenant: where it stands, what was consented, and what can be done about it. */
export async function tenantDetailRoutes(app: FastifyInstance, options: TenantOptions): Promise<void> {
  const { tenants, verification, invitations, queue, config } = options

  async function view(actor: Actor, tenant: TenantRecord) {
    const [{ items }, overview] = await Promise.all([
      tenants.timeline(actor, tenant.id, { limit: 8 }),
      showOverview(queue, actor, tenant, config.requiredRoles),
    ])
    return {
      ...stateOf(tenant),
      ...overview,
      events: items.map(event => showEvent(event, tenant.id)),
      form: { name: tenant.name, tags: tenant.tags.join(', ') },
      errors: {},
    }
  }

  app.get<WithTenant>('/tenants/:tenantId', { config: { act: 'tenant.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    return await tenantPage(reply, tenant, '/tenants/overview', await view(actor, tenant))
  })

  /** What the page asks for again and again while a verification is under way. */
  app.get<WithTenant>(
    '/tenants/:tenantId/state',
    { config: { act: 'tenant.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      if (!request.headers['hx-request']) return reply.redirect(`/tenants/${tenant.id}`, 303)
      const state = stateOf(tenant)
      // The rest of the page hears of a change too: roles, timeline and incidents have changed with it.
      const { seen } = stateQuery.parse(request.query)
      const hasChanged = seen !== undefined && seen !== state.tenant.status
      if (!state.progress.underWay || hasChanged) reply.header('hx-refresh', 'true')
      return await reply.partial('/tenants/_state', state)
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/verification',
    { config: { act: 'tenant.verify' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await verification.verifyNow(actor, request.params.tenantId)
      const { status, headline, failure } = connectionSummary(tenant)
      request.session.flash = {
        kind: status === 'connected' && !failure ? 'success' : 'warning',
        text: `Checked just now. ${headline}.`,
      }
      return reply.redirect(`/tenants/${tenant.id}`, 303)
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/consent-link',
    { config: { act: 'invitation.create' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { invitation, isNew } = await invitations.reconsent(actor, tenant.id)
      request.session.flash = {
        kind: 'success',
        text: isNew
          ? `The link is made. Send it to an administrator of ${tenant.name}.`
          : 'A link for this tenant was open already: here it is.',
      }
      return reply.redirect(`/invitations/${invitation.id}`, 303)
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/details',
    { config: { act: 'tenant.write' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const form = readInput(detailsForm, request.body)
      const change = { name: form.name, tags: form.tags?.split(',') }
      try {
        const tenant = await tenants.change(actor, request.params.tenantId, change)
        request.session.flash = { kind: 'success', text: 'The name and the tags are saved.' }
        return reply.redirect(`/tenants/${tenant.id}`, 303)
      } catch (error) {
        const tenant = await tenants.get(actor, request.params.tenantId)
        const shown = await view(actor, tenant)
        const typed = { form: { ...shown.form, ...form }, errors: formErrors(error).fields }
        return await tenantPage(reply.code(422), tenant, '/tenants/overview', { ...shown, ...typed })
      }
    },
  )

  app.get<WithTenant>(
    '/tenants/:tenantId/events',
    { config: { act: 'tenant.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { cursor } = readInput(z.object({ cursor: z.string().max(40).optional() }), request.query)
      const { items, nextCursor } = await tenants.timeline(actor, tenant.id, {
        limit: 100,
        cursor: cursor ?? null,
      })
      return await tenantPage(reply, tenant, '/tenants/events', {
        heading: 'Timeline',
        events: items.map(event => showEvent(event, tenant.id)),
        nextHref: nextCursor ? `/tenants/${tenant.id}/events?cursor=${nextCursor}` : null,
        firstHref: cursor ? `/tenants/${tenant.id}/events` : null,
      })
    },
  )

  app.get<WithTenant>(
    '/tenants/:tenantId/offboarding',
    { config: { act: 'tenant.offboard' } },
    async (request, reply) => {
      const tenant = await tenants.get(requireActor(request), request.params.tenantId)
      return await tenantPage(reply, tenant, '/tenants/offboarding', {
        heading: 'Offboard',
        typed: '',
        error: null,
      })
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/offboarding',
    { config: { act: 'tenant.offboard' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { name } = readInput(z.object({ name: z.string().max(300).default('') }), request.body)
      if (name.trim().toLowerCase() !== tenant.name.toLowerCase()) {
        const error = `Type the name as it stands above: ${tenant.name}`
        return await tenantPage(reply.code(422), tenant, '/tenants/offboarding', {
          heading: 'Offboard',
          typed: name,
          error,
        })
      }
      await tenants.remove(actor, tenant.id)
      request.session.flash = {
        kind: 'success',
        text: `${tenant.name} is offboarded and its data is deleted.`,
      }
      return reply.redirect('/tenants', 303)
    },
  )
}

/** What the polled part of the page shows. */
function stateOf(tenant: TenantRecord) {
  const progress = verificationProgress(tenant)
  return {
    tenant: { ...toTenantView(tenant), customer: tenant.customer.name, cloud: tenant.cloud },
    summary: connectionSummary(tenant),
    progress,
    steps: progressSteps(progress),
    surfaceLabels,
  }
}

const ofDevice = z.object({ deviceId: z.string() })

/** An event of the timeline; one about a device leads to it. */
function showEvent({ at, type, detail, data }: TenantEventView, tenantId: string) {
  const device = ofDevice.safeParse(data).data
  const href = device ? `/tenants/${tenantId}/devices/${encodeURIComponent(device.deviceId)}` : null
  return { at, detail, href, ...eventWords(type) }
}
