import { z } from 'zod'
import { RemoteError } from '../../../errors.ts'
import { namedFailure } from '../../http/index.ts'
import type { CallSurface } from '../call.ts'
import type { Device, DeviceFilter, DeviceUser } from '../devices/model.ts'
import type { Alert } from '../model.ts'
import { deviceAlertsQuery, deviceListQuery, deviceQuery } from './device-queries.ts'
import { createHuntedRows, type HuntedRow } from './hunted-rows.ts'
import {
  alertRow,
  deviceRow,
  readHuntedAlert,
  readHuntedDevice,
  readHuntedUser,
  userRow,
} from './read-device.ts'

/** Devices as the hunting tables of Microsoft Graph know them; an answer is kept for a minute. */
export type HuntedDevices = {
  /** By name. `hasMore`: there are devices after these. */
  list(
    tenantId: string,
    filter: DeviceFilter,
    page: { skip: number; limit: number },
  ): Promise<{ items: Device[]; hasMore: boolean; readAt: string }>
  /** @param deviceId 40 hex digits, or the DNS name. @returns null for a device that has not reported in 30 days */
  get(tenantId: string, deviceId: string): Promise<{ device: Device; users: DeviceUser[] } | null>
  /** Newest first. @param deviceId 40 hex digits */
  alerts(tenantId: string, deviceId: string): Promise<Alert[]>
}

const part = z.object({ Part: z.string(), Content: z.unknown() })

export function createHuntedDevices(call: CallSurface, portalOrigin: string): HuntedDevices {
  const readRows = createHuntedRows(call)

  return {
    async list(tenantId, filter, { skip, limit }) {
      const { rows, readAt } = await readRows(tenantId, deviceListQuery(filter, skip, limit))
      const devices = rows.map(row =>
        readHuntedDevice(readRow(deviceRow, row, 'a device'), tenantId, portalOrigin),
      )
      return { items: devices.slice(0, limit), hasMore: devices.length > limit, readAt }
    },

    async get(tenantId, deviceId) {
      const { rows } = await readRows(tenantId, deviceQuery(deviceId))
      const parts = rows.map(row => readRow(part, row, 'a part of a device'))
      const content = (name: string) =>
        parts.filter(({ Part }) => Part === name).map(({ Content }) => parse(Content))
      const [device] = content('device')
      if (device === undefined) return null
      return {
        device: readHuntedDevice(readRow(deviceRow, device, 'a device'), tenantId, portalOrigin),
        users: content('user').map(user => readHuntedUser(readRow(userRow, user, 'a sign-in'))),
      }
    },

    async alerts(tenantId, deviceId) {
      const { rows } = await readRows(tenantId, deviceAlertsQuery(deviceId))
      return rows.map(row => readHuntedAlert(readRow(alertRow, row, 'an alert'), tenantId, portalOrigin))
    },
  }
}

/** @throws RemoteError `bad_answer` when a row lacks what identifies it */
function readRow<T extends z.ZodType>(schema: T, row: HuntedRow | unknown, what: string): z.output<T> {
  const read = schema.safeParse(row)
  if (read.success) return read.data
  const where = read.error.issues[0]?.path.join('.') || 'the row'
  const message = `A row of the hunting result is not ${what}: ${where} is missing or of another type.`
  throw new RemoteError(namedFailure('bad_answer', { service: 'graph', message }))
}

/** A packed row comes nested, or as a text with JSON inside. */
function parse(content: unknown): unknown {
  if (typeof content !== 'string') return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}
