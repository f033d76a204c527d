import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { availableActions, type DeviceService } from '../../../devices/devices.ts'
import { AppError } from '../../../errors.ts'
import type { Actor } from '../../../tenants/actor.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { sentences } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { tenantPage } from '../tenants/tenant-page.ts'
import { actionFields, actionWords } from './words.ts'

type WithDevice = { Params: { tenantId: string; deviceId: string } }
type WithAction = { Params: { tenantId: string; actionId: string } }

const actionType = z.enum(['isolate', 'release', 'scan', 'collect'])
const actionForm = z.object({
  type: actionType,
  comment: z.string().max(5000).default(''),
  isolation: z.enum(['full', 'selective']).optional().catch(undefined),
  scan: z.enum(['quick', 'full']).optional().catch(undefined),
})

const act = { config: { act: 'device.act' } } as const

/** What is asked of a device: the question before it, the request, and a collected package. */
export async function deviceActionRoutes(
  app: FastifyInstance,
  { tenants, devices }: { tenants: Tenants; devices: DeviceService },
): Promise<void> {
  app.get<WithDevice>('/tenants/:tenantId/devices/:deviceId/actions/new', act, async (request, reply) => {
    const type = actionType.safeParse((request.query as { type?: unknown }).type)
    if (!type.success) throw new AppError('not_found', 'there is no such action')
    const form = { type: type.data, comment: '' }
    return await actionPage(reply, requireActor(request), request.params, form, null)
  })

  app.post<WithDevice>('/tenants/:tenantId/devices/:deviceId/actions', act, async (request, reply) => {
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
          ? { kind: 'danger', text: 'Microsoft refused the action; the reason is below.' }
          : { kind: 'success', text: 'The action was requested. Its progress is shown below.' }
      return reply.redirect(`/tenants/${action.tenantId}/devices/${action.deviceId}`, 303)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid') throw error
      const words = sentences(error.message, error.remedy)
      return await actionPage(reply.code(422), actor, request.params, form.data, words)
    }
  })

  app.get<WithAction>('/tenants/:tenantId/device-actions/:actionId/package', act, async (request, reply) => {
    const { tenantId, actionId } = request.params
    const url = await devices.packageUrl(requireActor(request), tenantId, actionId)
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
    const tenant = await tenants.get(actor, tenantId)
    const device = await devices.get(actor, tenant.id, deviceId)
    const available = availableActions(tenant.rolesGranted).find(({ type }) => type === form.type)
    const action = { ...available, ...actionWords[form.type] }
    const field = actionFields[form.type]
    const address = `/tenants/${tenant.id}/devices`
    const parents = [
      { href: address, label: 'Devices' },
      { href: `${address}/${device.deviceId}`, label: device.name },
    ]
    return await tenantPage(reply, tenant, '/devices/action', {
      heading: `${action.label}: ${device.name}`,
      parents,
      device,
      action,
      fields: field ? [{ ...field, value: form[field.name as 'isolation' | 'scan'] ?? field.value }] : [],
      form,
      error,
    })
  }
}
