import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import { isGuid } from '../../../platform/guid.ts'
import type { Capability } from '../../roles/capabilities.ts'
import type { CallSurface } from '../call.ts'
import { requireCapability } from '../choose-surface.ts'
import type { DeviceActionRequest, DeviceActionState, DeviceActionType } from '../devices/model.ts'
import { compareText, withOptions } from '../lists/odata.ts'
import { readList } from '../lists/read-list.ts'
import type { WholeList } from '../model.ts'
import { readDocument } from '../wire/wire.ts'
import { readExactDeviceId } from './device-id.ts'
import { machineAction, readDeviceAction } from './read-action.ts'

export type DeviceActions = {
  /** All actions on a device, whoever asked for them; the 100 newest at most, newest first. */
  listDeviceActions(
    tenantId: string,
    roles: readonly string[],
    deviceId: string,
  ): Promise<WholeList<DeviceActionState>>
  /**
   * Asks for an action. It is sent once: when the answer is lost, whether it
   * happened must be looked up in the device's actions.
   *
   * @param deviceId 40 hex digits
   * @throws RemoteError `action_in_progress` while the same is under way, `not_allowed` for a device that cannot do it
   */
  runDeviceAction(
    tenantId: string,
    roles: readonly string[],
    deviceId: string,
    request: DeviceActionRequest,
  ): Promise<DeviceActionState>
  /** @param actionId GUID */
  getDeviceAction(tenantId: string, roles: readonly string[], actionId: string): Promise<DeviceActionState>
  /**
   * Where the investigation package lies; good for a short time and without
   * further proof of who asks, so it is for the eyes of whoever asked only.
   *
   * @throws RemoteError `not_found` until the collection has ended
   */
  packageUri(tenantId: string, roles: readonly string[], actionId: string): Promise<URL>
}

const base = { surface: 'endpoint', quota: 'endpoint' } as const

export const capabilityOfAction: Record<DeviceActionType, Capability> = {
  isolate: 'devices.isolate',
  release: 'devices.release',
  scan: 'devices.scan',
  collect: 'devices.collect',
}

const mostActions = 100

const packageAddress = z.object({ value: z.string() })

/** @see Defender for Endpoint, "Isolate machine API", "Release device from isolation API", "Run antivirus scan API", "Collect investigation package API", "MachineAction resource type", "Get package SAS URI API" */
export function createDeviceActionCalls(call: CallSurface): DeviceActions {
  return {
    async listDeviceActions(tenantId, roles, deviceId) {
      requireCapability(roles, 'devices.actions')
      const request = {
        ...base,
        tenantId,
        path: withOptions('/api/machineactions', {
          filter: [compareText('machineId', 'eq', readExactDeviceId(deviceId))],
          top: mostActions,
        }),
      }
      const what = 'a list of device actions'
      const { value, isIncomplete } = await readList(call, request, machineAction, what, mostActions)
      const items = value.map(readDeviceAction).sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      return { items, isIncomplete }
    },

    async runDeviceAction(tenantId, roles, deviceId, request) {
      requireCapability(roles, capabilityOfAction[request.type])
      const { action, body } = writeRequest(request)
      const answer = await call({
        ...base,
        tenantId,
        method: 'POST',
        path: `/api/machines/${readExactDeviceId(deviceId)}/${action}`,
        body,
        write: true,
      })
      return readDeviceAction(readDocument(answer, 'endpoint', machineAction, 'a device action'))
    },

    async getDeviceAction(tenantId, roles, actionId) {
      requireCapability(roles, 'devices.actions')
      const answer = await call({ ...base, tenantId, path: `/api/machineactions/${readActionId(actionId)}` })
      return readDeviceAction(readDocument(answer, 'endpoint', machineAction, 'a device action'))
    },

    async packageUri(tenantId, roles, actionId) {
      requireCapability(roles, 'devices.collect')
      const answer = await call({
        ...base,
        // Two a minute: whoever asks for a third is better told than kept waiting.
        quota: 'endpoint-package',
        deadlineMs: 20_000,
        tenantId,
        path: `/api/machineactions/${readActionId(actionId)}/getPackageUri`,
      })
      const { value } = readDocument(answer, 'endpoint', packageAddress, 'the address of a package')
      // Seen with quotation marks of its own around the address.
      const address = value.trim().replace(/^"(.*)"$/, '$1')
      const url = URL.canParse(address) ? new URL(address) : null
      if (url?.protocol === 'https:') return url
      throw new AppError('upstream_failed', 'Defender for Endpoint gave no usable address for the package')
    },
  }
}

/** Names in the body are case-sensitive. */
function writeRequest(request: DeviceActionRequest): { action: string; body: Record<string, string> } {
  const { type, comment: Comment, isolation = 'full', scan = 'quick' } = request
  switch (type) {
    case 'isolate':
      return {
        action: 'isolate',
        body: { Comment, IsolationType: isolation === 'full' ? 'Full' : 'Selective' },
      }
    case 'release':
      return { action: 'unisolate', body: { Comment } }
    case 'scan':
      return { action: 'runAntiVirusScan', body: { Comment, ScanType: scan === 'full' ? 'Full' : 'Quick' } }
    case 'collect':
      return { action: 'collectInvestigationPackage', body: { Comment } }
  }
}

function readActionId(actionId: string): string {
  if (isGuid(actionId)) return actionId.toLowerCase()
  throw new AppError('not_found', 'there is no such action')
}
