import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import type { Invitations } from '../../consent/invitations.ts'
import { verificationProgress } from '../../consent/progress.ts'
import { progressSteps } from '../../consent/progress-steps.ts'
import type { Verification } from '../../consent/verification.ts'
import { AppError } from '../../errors.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import { chooseSurfaces } from '../../tenants/capabilities.ts'
import { connectionSummary } from '../../tenants/connection-summary.ts'
import { eventWords } from '../../tenants/event-words.ts'
import { overviewRoles } from '../../tenants/role-overview.ts'
import { type RoleKey, splitRole, surfaceLabels } from '../../tenants/roles.ts'
import type { TenantRecord } from '../../tenants/store.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { toTenantView } from '../../tenants/view.ts'
import { sentences } from '../form-errors.ts'
import { requireActor } from '../plugins/actors.ts'
import { tenantPage } from '../tenant-page.ts'
import { readDraft, timespans } from './hunts/draft.ts'

type TenantOptions = {
  tenants: Tenants
  verification: Verification
  invitations: Invitations
  config: Pick<Config, 'requiredRoles'>
}

type WithTenant = { Params: { tenantId: string } }

/** One tenant: where it stands, what was consented, and what can be done about it. */
export async function tenantDetailRoutes(app: FastifyInstance, options: TenantOptions): Promise<void> {
  const { tenants, verification, invitations, config } = options

  async function view(actor: Actor, tenant: TenantRecord) {
    const { items } = await tenants.timeline(actor, tenant.id, { limit: 12 })
    return {
      ...stateOf(tenant),
      roles: overviewRoles(config.requiredRoles, tenant.rolesGranted as RoleKey[]),
      capabilities: chooseSurfaces(tenant.rolesGranted).map(choice => ({
        ...choice,
        product: choice.surface ? surfaceLabels[choice.surface] : null,
        ask: choice.needs.map(key => splitRole(key).role)[0],
      })),
      events: items.map(({ at, type, detail }) => ({ at, detail, ...eventWords(type) })),
      form: { tags: tenant.tags.join(', ') },
      hunt: readDraft({}),
      timespans,
      errors: {},
    }
  }

  async function offboardable(actor: Actor, tenantId: string): Promise<TenantRecord> {
    requireAct(actor, 'manage-tenants')
    return await tenants.get(actor, tenantId)
  }

  app.get<WithTenant>('/tenants/:tenantId', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    return await tenantPage(reply, tenant, '/tenants/overview', await view(actor, tenant))
  })

  /** What the page asks for again and again while a verification is under way. */
  app.get<WithTenant>('/tenants/:tenantId/state', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    if (!request.headers['hx-request']) return reply.redirect(`/tenants/${tenant.id}`, 303)
    const state = stateOf(tenant)
    // The rest of the page hears of the end too: roles, timeline and incidents have changed with it.
    if (!state.progress.underWay) reply.header('hx-refresh', 'true')
    return await reply.partial('/tenants/_state', state)
  })

  app.post<WithTenant>(
    '/tenants/:tenantId/verification',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await verification.verifyNow(actor, request.params.tenantId)
      const { status, headline, cause } = connectionSummary(tenant)
      request.session.flash = {
        kind: status === 'connected' && !cause ? 'success' : 'warning',
        text: `Checked just now. ${headline}.`,
      }
      return reply.redirect(`/tenants/${tenant.id}`, 303)
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/consent-link',
    { preHandler: app.csrfProtection },
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
    '/tenants/:tenantId/tags',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      const { tags } = z.object({ tags: z.string().max(4000).default('') }).parse(request.body ?? {})
      try {
        const tenant = await tenants.setTags(actor, request.params.tenantId, tags.split(','))
        request.session.flash = { kind: 'success', text: 'The tags are saved.' }
        return reply.redirect(`/tenants/${tenant.id}`, 303)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'invalid') throw error
        const tenant = await tenants.get(actor, request.params.tenantId)
        const errors = { tags: sentences(error.message, error.remedy) }
        const shown = { ...(await view(actor, tenant)), form: { tags }, errors }
        return await tenantPage(reply.code(422), tenant, '/tenants/overview', shown)
      }
    },
  )

  app.get<WithTenant>('/tenants/:tenantId/events', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const { cursor } = z.object({ cursor: z.string().max(40).optional() }).parse(request.query)
    const { items, nextCursor } = await tenants.timeline(actor, tenant.id, {
      limit: 100,
      cursor: cursor ?? null,
    })
    return await tenantPage(reply, tenant, '/tenants/events', {
      heading: 'Timeline',
      events: items.map(({ at, type, detail }) => ({ at, detail, ...eventWords(type) })),
      nextHref: nextCursor ? `/tenants/${tenant.id}/events?cursor=${nextCursor}` : null,
      firstHref: cursor ? `/tenants/${tenant.id}/events` : null,
    })
  })

  app.get<WithTenant>('/tenants/:tenantId/offboarding', async (request, reply) => {
    const tenant = await offboardable(requireActor(request), request.params.tenantId)
    return await tenantPage(reply, tenant, '/tenants/offboarding', {
      heading: 'Offboard',
      typed: '',
      error: null,
    })
  })

  app.post<WithTenant>(
    '/tenants/:tenantId/offboarding',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await offboardable(actor, request.params.tenantId)
      const { name } = z.object({ name: z.string().max(300).default('') }).parse(request.body ?? {})
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
