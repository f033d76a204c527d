import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { availableActions, type DeviceService } from '../../devices/devices.ts'
import type { DeviceActionView } from '../../devices/view.ts'
import { AppError } from '../../errors.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { sentences } from '../form-errors.ts'
import { requireActor } from '../plugins/actors.ts'
import { type ShownFailure, showFailure } from '../shown-failure.ts'
import { tenantPage } from '../tenant-page.ts'

type WithTenant = { Params: { tenantId: string } }
type WithDevice = { Params: { tenantId: string; deviceId: string } }
type WithAction = { Params: { tenantId: string; actionId: string } }

const filters = z.object({
  search: z.string().trim().max(200).optional().catch(undefined),
  risk: z.enum(['high', 'medium', 'low', 'informational', 'none']).optional().catch(undefined),
  health: z
    .enum(['active', 'inactive', 'impairedCommunication', 'noSensorData', 'unknown'])
    .optional()
    .catch(undefined),
  os: z
    .string()
    .regex(/^[A-Za-z0-9]{1,40}$/)
    .optional()
    .catch(undefined),
  cursor: z.string().max(60_000).optional().catch(undefined),
})

const actionType = z.enum(['isolate', 'release', 'scan', 'collect'])
const actionForm = z.object({
  type: actionType,
  comment: z.string().max(5000).default(''),
  isolation: z.enum(['full', 'selective']).optional().catch(undefined),
  scan: z.enum(['quick', 'full']).optional().catch(undefined),
})

/** The devices of one tenant, live: look them up, open one, act on it and see what comes of that. */
export async function deviceRoutes(
  app: FastifyInstance,
  { tenants, devices }: { tenants: Tenants; devices: DeviceService },
): Promise<void> {
  app.get<WithTenant>('/tenants/:tenantId/devices', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const { cursor, ...asked } = filters.parse(request.query)
    const wanted = Object.fromEntries(Object.entries(asked).filter(([, value]) => value))
    const { search, risk, health, os } = asked
    const page = await part(
      devices.list(actor, tenant.id, {
        ...(search ? { search } : {}),
        ...(risk ? { riskScore: risk } : {}),
        ...(health ? { healthStatus: health } : {}),
        ...(os ? { osPlatform: os } : {}),
        limit: 50,
        cursor: cursor ?? null,
      }),
    )
    const home = `/tenants/${tenant.id}`
    const address = (more: Record<string, string>) => {
      const query = new URLSearchParams({ ...wanted, ...more })
      return `${home}/devices${query.size > 0 ? `?${query}` : ''}`
    }
    const data = {
      devices: page.value?.items ?? [],
      failure: page.failure,
      wanted,
      isFiltered: Object.keys(wanted).length > 0,
      home,
      nextHref: page.value?.nextCursor ? address({ cursor: page.value.nextCursor }) : null,
      firstHref: cursor ? address({}) : null,
      now: new Date(),
    }
    if (request.headers['hx-request']) return await reply.partial('/devices/_results', data)
    const shown = { heading: 'Devices', ...data }
    return await tenantPage(reply.header('vary', 'hx-request'), tenant, '/devices/index', shown)
  })

  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const device = await devices.get(actor, tenant.id, request.params.deviceId)
    const [users, alerts, followed] = await Promise.all([
      part(devices.users(actor, tenant.id, device.deviceId)),
      part(devices.alerts(actor, tenant.id, device.deviceId)),
      actionsOf(actor, tenant.id, device.deviceId),
    ])
    return await tenantPage(reply, tenant, '/devices/show', {
      heading: device.name,
      parents: [{ href: `/tenants/${tenant.id}/devices`, label: 'Devices' }],
      device,
      users,
      alerts,
      available: availableActions(tenant.rolesGranted),
      ...followed,
    })
  })

  /** What the device's page asks for again while an action is under way. */
  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId/actions', async (request, reply) => {
    const actor = requireActor(request)
    const { tenantId, deviceId } = request.params
    const tenant = await tenants.get(actor, tenantId)
    const home = `/tenants/${tenant.id}`
    if (!request.headers['hx-request']) {
      return reply.redirect(`${home}/devices/${encodeURIComponent(deviceId)}`, 303)
    }
    const followed = await actionsOf(actor, tenant.id, deviceId)
    return await reply.partial('/devices/_actions', { home, device: { deviceId }, ...followed })
  })

  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId/actions/new', async (request, reply) => {
    const type = actionType.safeParse((request.query as { type?: unknown }).type)
    if (!type.success) throw new AppError('not_found', 'there is no such action')
    const form = { type: type.data, comment: '' }
    return await actionPage(reply, requireActor(request), request.params, form, null)
  })

  app.post<WithDevice>(
    '/tenants/:tenantId/devices/:deviceId/actions',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      const { tenantId, deviceId } = request.params
      const form = actionForm.safeParse(request.body ?? {})
      if (!form.success) throw new AppError('invalid', 'this form names no action')
      const { type, comment, isolation, scan } = form.data
      try {
        const action = await devices.request(actor, tenantId, deviceId, {
          type,
          comment,
          ...(isolation ? { isolation } : {}),
          ...(scan ? { scan } : {}),
        })
        request.session.flash =
          action.status === 'failed'
            ? { kind: 'danger', text: 'Microsoft refused the action; the reason stands below.' }
            : { kind: 'success', text: 'The action is asked for. What comes of it is followed below.' }
        return reply.redirect(`/tenants/${action.tenantId}/devices/${action.deviceId}`, 303)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'invalid') throw error
        const words = sentences(error.message, error.remedy)
        return await actionPage(reply.code(422), actor, request.params, form.data, words)
      }
    },
  )

  app.get<WithAction>('/tenants/:tenantId/device-actions/:actionId/package', async (request, reply) => {
    const actor = requireActor(request)
    const { tenantId, actionId } = request.params
    const url = await devices.packageUrl(actor, tenantId, actionId)
    return reply.redirect(url.href, 303)
  })

  /** The question before an action, as a page of its own: for a form that came back, and for links. */
  async function actionPage(
    reply: FastifyReply,
    actor: Actor,
    { tenantId, deviceId }: WithDevice['Params'],
    form: z.infer<typeof actionForm>,
    error: string | null,
  ): Promise<FastifyReply> {
    requireAct(actor, 'act-on-devices')
    const tenant = await tenants.get(actor, tenantId)
    const device = await devices.get(actor, tenant.id, deviceId)
    const action = availableActions(tenant.rolesGranted).find(({ type }) => type === form.type)
    const address = `/tenants/${tenant.id}/devices`
    const parents = [
      { href: address, label: 'Devices' },
      { href: `${address}/${device.deviceId}`, label: device.name },
    ]
    const data = { heading: `${action?.label} ${device.name}`, parents, device, action, form, error }
    return await tenantPage(reply, tenant, '/devices/action', data)
  }

  async function actionsOf(actor: Actor, tenantId: string, deviceId: string) {
    const { value, failure } = await part(devices.actions(actor, tenantId, deviceId))
    const items = value?.items ?? []
    return {
      actions: items,
      isolation: value?.isolation ?? null,
      actionsFailure: failure ?? value?.failure ?? null,
      pollSeconds: pollSeconds(items),
    }
  }
}

/** One live part of a page, or why it is not there. */
async function part<T>(work: Promise<T>): Promise<{ value: T | null; failure: ShownFailure | null }> {
  try {
    return { value: await work, failure: null }
  } catch (error) {
    return { value: null, failure: showFailure(error) }
  }
}

const openStatuses = ['requested', 'pending', 'in_progress', 'unknown']

/** How soon to look again; null when nothing is under way. A device that is switched off keeps its action for days. */
function pollSeconds(actions: readonly DeviceActionView[]): number | null {
  const open = actions.filter(({ status }) => openStatuses.includes(status))
  if (open.length === 0) return null
  const newest = Math.max(...open.map(({ createdAt }) => Date.parse(createdAt)))
  return Date.now() - newest < 10 * 60_000 ? 4 : 60
}
