import { AppError, type Failure, RemoteError } from '../../../errors.ts'
import { pageLimit, writeCursor } from '../../../platform/paging.ts'
import { roleMissing } from '../../failures/role-missing.ts'
import { isGrantedOn, rolesOn } from '../../roles/capabilities.ts'
import type { CallSurface } from '../call.ts'
import { requireCapability } from '../choose-surface.ts'
import { readDeviceId } from '../endpoint/device-id.ts'
import { createEndpointDevices } from '../endpoint/devices.ts'
import { createHuntedDevices } from '../graph/devices.ts'
import { cursorOf } from '../lists/link-pages.ts'
import { type PagePosition, readPosition, surfaceOfCursor } from '../lists/list-position.ts'
import type { Alert } from '../model.ts'
import { completeDevice, completeUsers } from './complete.ts'
import type { Device, DeviceFilter, DevicePage, DeviceUser, Sourced } from './model.ts'

/**
 * Devices are read through Graph hunting where the tenant granted it, and
 * Defender for Endpoint's API adds what only it knows while it answers. Where
 * one of the two is not granted or fails, the other stands in.
 */
export type Devices = {
  /** @param options `limit` 1–1,000, default 50. Records that were merged into others are in the list. */
  listDevices(
    tenantId: string,
    roles: readonly string[],
    options?: DeviceFilter & { limit?: number; cursor?: string | null },
  ): Promise<DevicePage>
  /**
   * @param deviceId 40 hex digits, or the DNS name
   * @param options `forAction`: asks Endpoint's API alone where it is open, since the action goes there
   * @returns the device, and why the other source did not take part
   * @throws AppError or RemoteError `not_found`
   */
  getDevice(
    tenantId: string,
    roles: readonly string[],
    deviceId: string,
    options?: { forAction?: boolean },
  ): Promise<Device & { failure: Failure | null }>
  deviceUsers(tenantId: string, roles: readonly string[], deviceId: string): Promise<Sourced<DeviceUser>>
  /** Newest first. Hunting tells neither their status nor their incident. */
  deviceAlerts(tenantId: string, roles: readonly string[], deviceId: string): Promise<Sourced<Alert>>
}

export function createDeviceCalls(call: CallSurface, portalOrigin: string): Devices {
  const hunting = createHuntedDevices(call, portalOrigin)
  const endpoint = createEndpointDevices(call, portalOrigin)

  async function listEndpoint(
    tenantId: string,
    filter: DeviceFilter,
    page: { position: PagePosition | null; limit: number },
    failure: Failure | null,
  ): Promise<DevicePage> {
    const readAt = new Date().toISOString()
    const { items, next, isIncomplete } = await endpoint.list(tenantId, filter, page)
    return { items, nextCursor: cursorOf(next), isIncomplete, source: 'endpoint', failure, readAt }
  }

  return {
    async listDevices(tenantId, roles, { limit = 50, cursor, ...filter } = {}) {
      requireCapability(roles, 'devices.read')
      const canAsk = isGrantedOn(roles, 'devices.read', 'endpoint')
      if (filter.riskScore && !canAsk) {
        throw roleMissing(
          rolesOn('devices.read', 'endpoint'),
          'Hunting does not tell the risk of a device, so this needs the Endpoint API',
        )
      }
      const isHunted =
        isGrantedOn(roles, 'devices.read', 'graph') &&
        !filter.riskScore &&
        surfaceOfCursor(cursor) !== 'endpoint'
      const most = pageLimit(limit, { most: 1000 })
      if (!isHunted) {
        const position = readPosition(cursor, { by: 'page', surface: 'endpoint' })
        return await listEndpoint(tenantId, filter, { position, limit: most }, null)
      }
      const skip = readPosition(cursor, { by: 'count', surface: 'graph' })?.skip ?? 0
      const page = { skip, limit: most }
      const firstPage = { position: null, limit: most }

      const hunted = await attempt(hunting.list(tenantId, filter, page))
      const isFirst = skip === 0
      if (!hunted.value) {
        if (canAsk && isFirst) return await listEndpoint(tenantId, filter, firstPage, hunted.failure)
        throw hunted.error
      }
      const { items, hasMore, readAt } = hunted.value
      // A tenant with Defender for Business has devices and empty tables.
      if (items.length === 0 && isFirst && canAsk) {
        const listed = await attempt(listEndpoint(tenantId, filter, firstPage, null))
        if (listed.value && (listed.value.items.length > 0 || listed.value.isIncomplete)) return listed.value
      }
      const nextCursor = hasMore
        ? writeCursor({ by: 'count', surface: 'graph', skip: skip + items.length })
        : null
      const ids = items.map(({ id }) => id)
      const known = canAsk && items.length > 0 ? await attempt(endpoint.some(tenantId, ids)) : null
      const byId = new Map(known?.value?.map(device => [device.id, device]))
      return {
        items: items.map(device => complete(device, byId.get(device.id))),
        nextCursor,
        isIncomplete: false,
        // Of no devices there is nothing more to know.
        source: canAsk && !known?.failure ? 'both' : 'hunting',
        failure: known?.failure ?? null,
        readAt,
      }
    },

    async getDevice(tenantId, roles, deviceId, { forAction = false } = {}) {
      requireCapability(roles, 'devices.read')
      readDeviceId(deviceId)
      const canAsk = isGrantedOn(roles, 'devices.read', 'endpoint')
      const canHunt = isGrantedOn(roles, 'devices.read', 'graph') && !(forAction && canAsk)
      const [hunted, known] = await Promise.all([
        canHunt ? attempt(hunting.get(tenantId, deviceId)) : null,
        canAsk ? attempt(endpoint.get(tenantId, deviceId)) : null,
      ])
      if (hunted?.value) {
        const device = complete(hunted.value.device, known?.value ?? undefined)
        return { ...device, failure: known?.failure ?? null }
      }
      if (known?.value) return { ...known.value, failure: hunted?.failure ?? null }
      // What one does not know may still stand in the other, which did not answer.
      const errors = [hunted?.error, known?.error].filter(error => error !== undefined)
      const unanswered = errors.find(
        error => !(error instanceof RemoteError && error.failure.code === 'not_found'),
      )
      throw unanswered ?? errors[0] ?? new AppError('not_found', 'there is no such device')
    },

    async deviceUsers(tenantId, roles, deviceId) {
      requireCapability(roles, 'devices.users')
      readDeviceId(deviceId)
      const [hunted, known] = await Promise.all([
        isGrantedOn(roles, 'devices.users', 'graph') ? attempt(hunting.get(tenantId, deviceId)) : null,
        isGrantedOn(roles, 'devices.users', 'endpoint') ? attempt(endpoint.users(tenantId, deviceId)) : null,
      ])
      const error = hunted?.error ?? known?.error
      const users = hunted?.error ? undefined : (hunted?.value?.users ?? (hunted ? [] : undefined))
      if (users && known?.value) {
        const { items, isIncomplete } = known.value
        return { items: completeUsers(users, items), isIncomplete, source: 'both', failure: null }
      }
      if (users)
        return { items: users, isIncomplete: false, source: 'hunting', failure: known?.failure ?? null }
      if (known?.value) return { ...known.value, source: 'endpoint', failure: hunted?.failure ?? null }
      throw error
    },

    async deviceAlerts(tenantId, roles, deviceId) {
      requireCapability(roles, 'devices.alerts')
      readDeviceId(deviceId)
      const known = isGrantedOn(roles, 'devices.alerts', 'endpoint')
        ? await attempt(endpoint.alerts(tenantId, deviceId))
        : null
      if (known?.value) return { ...known.value, source: 'endpoint', failure: null }
      if (known && !isGrantedOn(roles, 'devices.alerts', 'graph')) throw known.error
      const items = await hunting.alerts(tenantId, deviceId)
      return { items, isIncomplete: false, source: 'hunting', failure: known?.failure ?? null }
    },
  }
}

function complete(hunted: Device, known: Device | undefined): Device {
  return known ? completeDevice(hunted, known) : hunted
}

type Attempt<T> =
  | { value: T; failure: null; error?: undefined }
  | { value: null; failure: Failure; error: RemoteError }

/** @throws whatever is not a failure of the other side, and what the caller itself canceled */
async function attempt<T>(work: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work, failure: null }
  } catch (error) {
    if (!(error instanceof RemoteError) || error.failure.code === 'canceled') throw error
    return { value: null, failure: error.failure, error }
  }
}
