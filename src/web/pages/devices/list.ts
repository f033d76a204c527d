import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { DeviceService } from '../../../devices/devices.ts'
import { isGrantedOn } from '../../../microsoft/roles/capabilities.ts'
import type { TenantRecord } from '../../../tenants/store.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { tenantPage } from '../tenants/tenant-page.ts'
import { readPart, waiting, waits } from './live-part.ts'
import { sourceNote } from './source-note.ts'

type WithTenant = { Params: { tenantId: string } }

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

const perPage = 50

/** The devices of one tenant. The page is sent at once; its rows, which Microsoft has to be asked for, come after it. */
export async function deviceListRoutes(
  app: FastifyInstance,
  { tenants, devices }: { tenants: Tenants; devices: DeviceService },
): Promise<void> {
  app.get<WithTenant>(
    '/tenants/:tenantId/devices',
    { config: { act: 'device.read' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { cursor, ...asked } = readInput(filters, request.query)
      const { search, risk, health, os } = asked
      const wanted = Object.fromEntries(Object.entries(asked).filter(([, value]) => value))
      const mustWait = waits(request.query)
      const address = addressOf(tenant, wanted, mustWait)
      const frame = { home: `/tenants/${tenant.id}`, wanted, isFiltered: Object.keys(wanted).length > 0 }

      const read = async () => {
        const page = await readPart(
          devices.list(actor, tenant.id, {
            ...(search ? { search } : {}),
            ...(risk ? { riskScore: risk } : {}),
            ...(health ? { healthStatus: health } : {}),
            ...(os ? { osPlatform: os } : {}),
            limit: perPage,
            cursor: cursor ?? null,
          }),
        )
        const next = page.value?.nextCursor
        return {
          devices: page.value?.items ?? [],
          isIncomplete: page.value?.isIncomplete ?? false,
          failure: page.failure,
          note: page.value && sourceNote(page.value, tenant.rolesGranted),
          readAt: page.value?.readAt ?? null,
          nextHref: next ? address({ cursor: next }) : null,
          firstHref: cursor ? address({}) : null,
          now: new Date(),
        }
      }

      if (request.headers['hx-request'])
        return await reply.partial('/devices/_results', { ...frame, ...(await read()) })
      const here = addressOf(tenant, wanted, false)(cursor ? { cursor } : {})
      return await tenantPage(reply.header('vary', 'hx-request'), tenant, '/devices/index', {
        heading: 'Devices',
        ...frame,
        knowsRisk: isGrantedOn(tenant.rolesGranted, 'devices.read', 'endpoint'),
        results: mustWait ? await read() : null,
        href: here,
        wholeHref: waiting(here),
      })
    },
  )
}

function addressOf(tenant: TenantRecord, wanted: Record<string, string>, mustWait: boolean) {
  return (more: Record<string, string>): string => {
    const query = new URLSearchParams({ ...wanted, ...more, ...(mustWait ? { wait: '1' } : {}) })
    return `/tenants/${tenant.id}/devices${query.size > 0 ? `?${query}` : ''}`
  }
}
