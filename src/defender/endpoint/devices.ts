import { RemoteError } from '../../errors.ts'
import type { CallSurface } from '../call.ts'
import { chooseSurface } from '../choose-surface.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { Device, DeviceUser } from '../device-model.ts'
import { pascalCase } from '../members.ts'
import type { Alert, Page } from '../model.ts'
import { anyOf, type Condition, compareText, startsWith, withOptions } from '../odata.ts'
import { listOf, readDocument } from '../wire.ts'
import { readDeviceId } from './device-id.ts'
import { endpointAlert, readEndpointAlert } from './read-alert.ts'
import { logonUser, machine, readDevice, readDeviceUser } from './read-device.ts'

export type DeviceFilter = {
  /** Beginning of the DNS name, a whole IP address, or a device id. */
  search?: string
  /** In camelCase: `high` */
  riskScore?: string
  /** In camelCase: `impairedCommunication` */
  healthStatus?: string
  /** As the service spells it: `Windows11` */
  osPlatform?: string
}

export type Devices = {
  /** @param options `limit` 1–1,000, default 50. Records that were merged into others are in the list. */
  listDevices(
    tenantId: string,
    roles: readonly string[],
    options?: DeviceFilter & { limit?: number; cursor?: string | null },
  ): Promise<Page<Device>>
  /** @param deviceId 40 hex digits, or the DNS name. @throws AppError or RemoteError `not_found` */
  getDevice(tenantId: string, roles: readonly string[], deviceId: string): Promise<Device>
  deviceUsers(tenantId: string, roles: readonly string[], deviceId: string): Promise<DeviceUser[]>
  /** Newest first. */
  deviceAlerts(tenantId: string, roles: readonly string[], deviceId: string): Promise<Alert[]>
}

const path = '/api/machines'
const base = { surface: 'endpoint', quota: 'endpoint' } as const

/** @see Defender for Endpoint, "List machines API", "Get machine by ID API", "Get machine logon users API", "Get machine related alerts API" */
export function createDeviceCalls(call: CallSurface, portalOrigin: string): Devices {
  return {
    async listDevices(tenantId, roles, { limit = 50, cursor, ...filter } = {}) {
      chooseSurface(roles, 'devices.read')
      const skip = readCursor(cursor, { by: 'count', surface: 'endpoint' })?.skip ?? 0
      const top = Math.min(Math.max(limit, 1), 1000)
      const wire = await emptyWhenNone(async () => {
        const answer = await call({
          ...base,
          tenantId,
          path: withOptions(path, { filter: conditionsOf(filter), top, skip }),
        })
        return readDocument(answer, 'endpoint', listOf(machine), 'a list of devices')
      })
      const items = wire.value.slice(0, top).map(one => readDevice(one, tenantId))
      const hasMore = items.length > 0 && (wire.nextLink !== null || wire.value.length >= top)
      const nextCursor = hasMore
        ? writeCursor({ by: 'count', surface: 'endpoint', skip: skip + items.length })
        : null
      return { items, nextCursor, surface: 'endpoint' }
    },

    async getDevice(tenantId, roles, deviceId) {
      chooseSurface(roles, 'devices.read')
      const answer = await call({ ...base, tenantId, path: `${path}/${readDeviceId(deviceId)}` })
      return readDevice(readDocument(answer, 'endpoint', machine, 'a device'), tenantId)
    },

    async deviceUsers(tenantId, roles, deviceId) {
      chooseSurface(roles, 'devices.users')
      const wire = await emptyWhenNone(async () => {
        const answer = await call({ ...base, tenantId, path: `${path}/${readDeviceId(deviceId)}/logonusers` })
        return readDocument(answer, 'endpoint', listOf(logonUser), 'a list of users')
      })
      return wire.value.map(readDeviceUser)
    },

    async deviceAlerts(tenantId, roles, deviceId) {
      chooseSurface(roles, 'devices.alerts')
      const wire = await emptyWhenNone(async () => {
        const answer = await call({ ...base, tenantId, path: `${path}/${readDeviceId(deviceId)}/alerts` })
        return readDocument(answer, 'endpoint', listOf(endpointAlert), 'a list of alerts')
      })
      return wire.value
        .map(one => readEndpointAlert(one, tenantId, portalOrigin))
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    },
  }
}

function conditionsOf({ search, riskScore, healthStatus, osPlatform }: DeviceFilter): Condition[] {
  const conditions: Condition[] = []
  const wanted = search?.trim().toLowerCase() ?? ''
  if (/^[0-9a-f]{40}$/.test(wanted)) conditions.push(compareText('id', 'eq', wanted))
  else if (/^[\d.]{7,15}$|^[0-9a-f]*:[0-9a-f:]+$/.test(wanted))
    conditions.push(
      anyOf([compareText('lastIpAddress', 'eq', wanted), startsWith('computerDnsName', wanted)]),
    )
  else if (wanted !== '') conditions.push(startsWith('computerDnsName', wanted))
  if (riskScore) conditions.push(compareText('riskScore', 'eq', pascalCase(riskScore)))
  if (healthStatus) conditions.push(compareText('healthStatus', 'eq', pascalCase(healthStatus)))
  if (osPlatform) conditions.push(compareText('osPlatform', 'eq', osPlatform))
  return conditions
}

/** The pages say that a list of nothing is 404, and so is an unknown device: its own page tells which. */
async function emptyWhenNone<T>(
  list: () => Promise<{ value: T[]; nextLink: string | null }>,
): Promise<{ value: T[]; nextLink: string | null }> {
  try {
    return await list()
  } catch (error) {
    const isNone = error instanceof RemoteError && /NotFound$/.test(error.failure.serviceCode ?? '')
    if (isNone) return { value: [], nextLink: null }
    throw error
  }
}
