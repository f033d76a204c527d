import type { z } from 'zod'
import { RemoteError } from '../../../errors.ts'
import type { CallSurface, SurfaceCall } from '../call.ts'
import type { Device, DeviceFilter, DeviceUser } from '../devices/model.ts'
import { type LinkPage, nextLinkPage } from '../lists/link-pages.ts'
import type { PagePosition } from '../lists/list-position.ts'
import { anyOf, type Condition, compareText, startsWith, withOptions } from '../lists/odata.ts'
import { type ListPart, listIncomplete, readList } from '../lists/read-list.ts'
import type { Alert, WholeList } from '../model.ts'
import { pascalCase } from '../wire/members.ts'
import { readDocument } from '../wire/wire.ts'
import { isDeviceId, readDeviceId } from './device-id.ts'
import { endpointAlert, readEndpointAlert } from './read-alert.ts'
import { logonUser, machine, readDevice, readDeviceUser } from './read-device.ts'

/** Devices as Defender for Endpoint's own API knows them. */
export type EndpointDevices = {
  /** Records that were merged into others are in the list. */
  list(
    tenantId: string,
    filter: DeviceFilter,
    page: { position: PagePosition | null; limit: number },
  ): Promise<LinkPage<Device>>
  /** Those of the ids that the API knows. @throws RemoteError `list_incomplete` */
  some(tenantId: string, ids: readonly string[]): Promise<Device[]>
  /** @param deviceId 40 hex digits, or the DNS name. @throws AppError or RemoteError `not_found` */
  get(tenantId: string, deviceId: string): Promise<Device>
  users(tenantId: string, deviceId: string): Promise<WholeList<DeviceUser>>
  /** Newest first. */
  alerts(tenantId: string, deviceId: string): Promise<WholeList<Alert>>
}

const path = '/api/machines'
const base = { surface: 'endpoint', quota: 'endpoint' } as const

/** An id takes some sixty characters of the address. */
const idsInOneCall = 50

/** @see Defender for Endpoint, "List machines API", "Get machine by ID API", "Get machine logon users API", "Get machine related alerts API" */
export function createEndpointDevices(call: CallSurface, portalOrigin: string): EndpointDevices {
  /** A list of one device, to its end. */
  async function readWhole<T extends z.ZodType>(request: SurfaceCall, item: T, what: string) {
    const all = Number.POSITIVE_INFINITY
    const { value, nextLink, isIncomplete } = await readListOrNone(call, request, item, what, all)
    return { value, isIncomplete: isIncomplete || nextLink !== null }
  }

  return {
    async list(tenantId, filter, { position, limit }) {
      const own = {
        surface: 'endpoint',
        path: withOptions(path, { filter: conditionsOf(filter), top: limit }),
      } as const
      const fetch = (at: SurfaceCall['path']) =>
        readListOrNone(call, { ...base, tenantId, path: at }, machine, 'a list of devices')
      return await nextLinkPage(own, position, limit, fetch, wire => [
        readDevice(wire, tenantId, portalOrigin),
      ])
    },

    async some(tenantId, ids) {
      const found: Device[] = []
      for (let from = 0; from < ids.length; from += idsInOneCall) {
        const chunk = ids.slice(from, from + idsInOneCall)
        const filter = [anyOf(chunk.map(id => compareText('id', 'eq', id)))]
        const request = { ...base, tenantId, path: withOptions(path, { filter, top: chunk.length }) }
        const { value, isIncomplete } = await readWhole(request, machine, 'a list of devices')
        if (isIncomplete) throw listIncomplete('endpoint')
        found.push(...value.map(one => readDevice(one, tenantId, portalOrigin)))
      }
      return found
    },

    async get(tenantId, deviceId) {
      const answer = await call({ ...base, tenantId, path: `${path}/${readDeviceId(deviceId)}` })
      return readDevice(readDocument(answer, 'endpoint', machine, 'a device'), tenantId, portalOrigin)
    },

    async users(tenantId, deviceId) {
      const request = { ...base, tenantId, path: `${path}/${readDeviceId(deviceId)}/logonusers` }
      const { value, isIncomplete } = await readWhole(request, logonUser, 'a list of users')
      return { items: value.map(readDeviceUser), isIncomplete }
    },

    async alerts(tenantId, deviceId) {
      const request = { ...base, tenantId, path: `${path}/${readDeviceId(deviceId)}/alerts` }
      const { value, isIncomplete } = await readWhole(request, endpointAlert, 'a list of alerts')
      const items = value
        .map(one => readEndpointAlert(one, tenantId, portalOrigin))
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      return { items, isIncomplete }
    },
  }
}

function conditionsOf({ search, riskScore, healthStatus, osPlatform }: DeviceFilter): Condition[] {
  const conditions: Condition[] = []
  const wanted = search?.trim().toLowerCase() ?? ''
  if (isDeviceId(wanted)) conditions.push(compareText('id', 'eq', wanted))
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
async function readListOrNone<T extends z.ZodType>(
  call: CallSurface,
  request: SurfaceCall,
  item: T,
  what: string,
  wanted?: number,
): Promise<ListPart<z.output<T>>> {
  let hasAnswered = false
  const asking: CallSurface = async one => {
    const answer = await call(one)
    hasAnswered = true
    return answer
  }
  try {
    return await readList(asking, request, item, what, wanted)
  } catch (error) {
    const isNone = error instanceof RemoteError && /NotFound$/.test(error.failure.serviceCode ?? '')
    if (isNone && !hasAnswered) return { value: [], from: request.path, nextLink: null, isIncomplete: false }
    throw error
  }
}
