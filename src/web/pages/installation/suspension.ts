import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Suspension } from '../../../suspension/suspension.ts'
import type { Actor } from '../../../tenants/actor.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { sentences } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import type { PageHead } from '../../types.ts'
import { tenantPage } from '../tenants/tenant-page.ts'

const form = z.object({ reason: z.string().max(5000).default('') })
const head: PageHead = {
  title: 'Suspension',
  section: 'settings',
  breadcrumbs: [{ href: '/settings', label: 'Settings' }],
}

type WithTenant = { Params: { tenantId: string } }

/** The kill switch, for everything and for one tenant. */
export async function suspensionRoutes(
  app: FastifyInstance,
  { suspension, tenants }: { suspension: Suspension; tenants: Tenants },
): Promise<void> {
  async function show(reply: FastifyReply, actor: Actor, typed: { reason: string; error: string | null }) {
    const suspensions = await suspension.list(actor)
    const ofAll = suspensions.find(one => one.tenantId === null) ?? null
    const ofTenants = suspensions.filter(one => one.tenantId !== null)
    return await reply.page('/settings/suspension', head, { ofAll, ofTenants, ...typed })
  }

  app.get('/settings/suspension', { config: { act: 'tenant.read' } }, async (request, reply) =>
    show(reply, requireActor(request), { reason: '', error: null }),
  )

  app.post('/settings/suspension', { config: { act: 'tenant.suspend' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { reason } = readInput(form, request.body)
    const error = await refusedReason(() => suspension.suspend(actor, null, reason))
    if (error !== null) return await show(reply.code(422), actor, { reason, error })
    return reply.redirect('/settings/suspension', 303)
  })

  app.post('/settings/suspension/end', { config: { act: 'tenant.suspend' } }, async (request, reply) => {
    await suspension.resume(requireActor(request), null)
    request.session.flash = { kind: 'success', text: 'Calls to customers go out again.' }
    return reply.redirect('/settings/suspension', 303)
  })

  app.get<WithTenant>(
    '/tenants/:tenantId/suspension',
    { config: { act: 'tenant.suspend' } },
    async (request, reply) => {
      const tenant = await tenants.get(requireActor(request), request.params.tenantId)
      const data = { heading: 'Suspend', reason: '', error: null }
      return await tenantPage(reply, tenant, '/tenants/suspension', data)
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/suspension',
    { config: { act: 'tenant.suspend' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { reason } = readInput(form, request.body)
      const error = await refusedReason(() => suspension.suspend(actor, tenant.id, reason))
      if (error !== null) {
        const data = { heading: 'Suspend', reason, error }
        return await tenantPage(reply.code(422), tenant, '/tenants/suspension', data)
      }
      return reply.redirect(`/tenants/${tenant.id}`, 303)
    },
  )

  app.post<WithTenant>(
    '/tenants/:tenantId/suspension/end',
    { config: { act: 'tenant.suspend' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id, name } = await tenants.get(actor, request.params.tenantId)
      await suspension.resume(actor, id)
      request.session.flash = { kind: 'success', text: `Calls to ${name} go out again.` }
      return reply.redirect(`/tenants/${id}`, 303)
    },
  )
}

/** Why the reason was refused; null when it was not. */
async function refusedReason(act: () => Promise<unknown>): Promise<string | null> {
  try {
    await act()
    return null
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid') return sentences(error.message, error.remedy)
    throw error
  }
}
