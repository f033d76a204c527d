import type { FastifyInstance } from 'fastify'
import {
  type AvailableAction,
  availableActions,
  type DeviceService,
  fittingActions,
} from '../../../devices/devices.ts'
import type { DeviceActionView } from '../../../devices/view.ts'
import { isDeviceId } from '../../../microsoft/defender/endpoint/device-id.ts'
import type { Actor } from '../../../tenants/actor.ts'
import type { TenantRecord } from '../../../tenants/store.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { tenantPage } from '../tenants/tenant-page.ts'
import { readPart, waiting, waits } from './live-part.ts'
import { sourceNote } from './source-note.ts'
import { actionFields, actionWords } from './words.ts'

type WithDevice = { Params: { tenantId: string; deviceId: string } }

const read = { config: { act: 'device.read' } } as const

/** One device: the page at once, then the device with its actions, its alerts and its users, each by itself. */
export async function devicePageRoutes(
  app: FastifyInstance,
  { tenants, devices }: { tenants: Tenants; devices: DeviceService },
): Promise<void> {
  /** @param deviceId 40 hex digits */
  async function deviceOf(actor: Actor, tenant: TenantRecord, deviceId: string) {
    const [device, followed] = await Promise.all([
      devices.get(actor, tenant.id, deviceId),
      actionsOf(actor, tenant, deviceId),
    ])
    return { device, note: sourceNote(device, tenant.rolesGranted), ...followed }
  }

  async function actionsOf(actor: Actor, tenant: TenantRecord, deviceId: string) {
    const { value, failure } = await readPart(devices.actions(actor, tenant.id, deviceId))
    const items = value?.items ?? []
    const actionsFailure = failure ?? value?.failure ?? null
    const isolation = value?.isolation ?? null
    const underWay = items.filter(isOpen).map(({ type }) => type)
    // Where the interface is gone, so is everything that could be asked of it.
    const isRetired = actionsFailure?.code === 'interface_retired'
    const offered = isRetired
      ? []
      : fittingActions(availableActions(tenant.rolesGranted), isolation, underWay)
    return {
      actions: items,
      isolation,
      actionsFailure,
      isIncomplete: value?.isIncomplete ?? false,
      isRetired,
      pollSeconds: pollSeconds(items),
      offered: offered.map(one => ({
        ...one,
        ...actionWords[one.type],
        fields: [actionFields[one.type]].filter(field => field !== undefined),
      })),
      lacking: offered
        .flatMap(({ type, missingRole }) =>
          missingRole ? [`“${actionWords[type].label}” needs ${missingRole}.`] : [],
        )
        .join(' '),
      offeredKey: keyOf(offered),
    }
  }

  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId', read, async (request, reply) => {
    const actor = requireActor(request)
    const { deviceId } = request.params
    const tenant = await tenants.get(actor, request.params.tenantId)
    const home = `/tenants/${tenant.id}`
    const isPart = Boolean(request.headers['hx-request'])
    const mustWait = waits(request.query)
    const isExact = isDeviceId(deviceId)
    if (!isExact && (isPart || mustWait)) {
      // The page asks by id, as its actions do: a name may pass to another device.
      const exact = `${home}/devices/${(await devices.get(actor, tenant.id, deviceId)).deviceId}`
      if (isPart) return reply.header('hx-redirect', exact).code(204).send()
      return reply.redirect(waiting(exact), 303)
    }

    const shown = isPart || mustWait ? await readPart(deviceOf(actor, tenant, deviceId)) : null
    const frame = { home, tenantName: tenant.name, deviceId: deviceId.toLowerCase() }
    const whole = shown && { ...shown.value, failure: shown.failure }
    if (isPart) return await reply.partial('/devices/_device', { ...frame, isPart, ...whole })

    const [alerts, users] = mustWait
      ? await Promise.all([
          readPart(devices.alerts(actor, tenant.id, deviceId)),
          readPart(devices.users(actor, tenant.id, deviceId)),
        ])
      : [null, null]
    const here = `${home}/devices/${encodeURIComponent(deviceId)}`
    return await tenantPage(reply.header('vary', 'hx-request'), tenant, '/devices/show', {
      heading: shown?.value?.device.name ?? 'Device',
      parents: [{ href: `${home}/devices`, label: 'Devices' }],
      ...frame,
      isPart,
      whole,
      alerts,
      users,
      isExact,
      href: here,
      wholeHref: waiting(here),
    })
  })

  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId/alerts', read, async (request, reply) => {
    const { actor, tenant, home, deviceId } = await asked(request)
    if (!request.headers['hx-request']) return reply.redirect(`${home}/devices/${deviceId}`, 303)
    const alerts = await readPart(devices.alerts(actor, tenant.id, request.params.deviceId))
    return await reply.partial('/devices/_alerts', { home, alerts })
  })

  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId/users', read, async (request, reply) => {
    const { actor, tenant, home, deviceId } = await asked(request)
    if (!request.headers['hx-request']) return reply.redirect(`${home}/devices/${deviceId}`, 303)
    const users = await readPart(devices.users(actor, tenant.id, request.params.deviceId))
    return await reply.partial('/devices/_users', { users })
  })

  /** What the page asks for again while an action is under way; `offered` is what its buttons are for now. */
  app.get<WithDevice & { Querystring: { offered?: unknown } }>(
    '/tenants/:tenantId/devices/:deviceId/actions',
    read,
    async (request, reply) => {
      const { actor, tenant, home, deviceId } = await asked(request)
      if (!request.headers['hx-request']) return reply.redirect(`${home}/devices/${deviceId}`, 303)
      const followed = await actionsOf(actor, tenant, request.params.deviceId)
      const isStale = request.query.offered !== followed.offeredKey
      const device = isStale ? await readPart(devices.get(actor, tenant.id, request.params.deviceId)) : null
      return await reply.partial('/devices/_followed', {
        home,
        deviceId,
        device: device?.value ?? null,
        ...followed,
      })
    },
  )

  async function asked(request: { params: WithDevice['Params'] } & Parameters<typeof requireActor>[0]) {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const deviceId = encodeURIComponent(request.params.deviceId.toLowerCase())
    return { actor, tenant, home: `/tenants/${tenant.id}`, deviceId }
  }
}

function keyOf(offered: readonly AvailableAction[]): string {
  return offered.map(({ type }) => type).join('.')
}

function isOpen({ status }: DeviceActionView): boolean {
  return ['requested', 'pending', 'in_progress', 'unknown'].includes(status)
}

/** How soon to look again; null when nothing is under way. A device that is switched off keeps its action for days. */
function pollSeconds(actions: readonly DeviceActionView[]): number | null {
  const open = actions.filter(isOpen)
  if (open.length === 0) return null
  const newest = Math.max(...open.map(({ createdAt }) => Date.parse(createdAt)))
  return Date.now() - newest < 10 * 60_000 ? 4 : 60
}
