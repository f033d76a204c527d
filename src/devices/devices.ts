import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/index.ts'
import type { Alert, Defender, DeviceActionState, DeviceFilter, DeviceUser } from '../defender/index.ts'
import { AppError, RemoteError, type RemoteFailure } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import type { TenantRecord } from '../tenants/store.ts'
import type { Tenants } from '../tenants/tenants.ts'
import { type FailureView, toFailureView } from '../tenants/view.ts'
import { createFollowing, type EnqueueFollow, type Following } from './follow.ts'
import { type Isolation, isolationOf } from './isolation.ts'
import { type ActionRequest, createRequestAction } from './request.ts'
import { type DeviceActionRecord, findAction, findActionByRemoteId, findActionsOfDevice } from './store.ts'
import {
  type DeviceActionView,
  type DeviceView,
  toDeviceActionView,
  toDeviceView,
  toForeignActionView,
} from './view.ts'

export { availableActions } from './available-actions.ts'
export { toDeviceActionView } from './view.ts'

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

type ActionsOfDevice = {
  /** Ours and those asked for elsewhere, newest first. */
  items: DeviceActionView[]
  /** Null when the service could not be asked. */
  isolation: Isolation | null
  /** Why only ours are listed. */
  failure: FailureView | null
}

/**
 * The devices of customer tenants. Throws AppError `not_found` for a tenant
 * that the actor may not see, `role_missing` for what the customer has not
 * granted, and RemoteError when the service refuses or fails.
 */
export type DeviceService = {
  /** @param options `limit` 1–200, default 50 */
  list(
    actor: Actor,
    tenantId: string,
    options?: DeviceFilter & { limit?: number; cursor?: string | null },
  ): Promise<{ items: DeviceView[]; nextCursor: string | null }>
  /** @param deviceId 40 hex digits, or the DNS name */
  get(actor: Actor, tenantId: string, deviceId: string): Promise<DeviceView>
  users(actor: Actor, tenantId: string, deviceId: string): Promise<DeviceUser[]>
  alerts(actor: Actor, tenantId: string, deviceId: string): Promise<Alert[]>
  /** @param deviceId 40 hex digits */
  actions(actor: Actor, tenantId: string, deviceId: string): Promise<ActionsOfDevice>
  /**
   * Asks for an action; its state is followed to the end.
   *
   * @returns the action: `pending` when the service took it up, `failed` with the reason when it refused,
   *   `unknown` while that is not clear
   * @throws AppError `forbidden` (readers), `invalid` (comment), `conflict` (the same is not resolved yet)
   */
  request(
    actor: Actor,
    tenantId: string,
    deviceId: string,
    request: ActionRequest,
  ): Promise<DeviceActionRecord>
  /** One action that was asked for here. */
  action(actor: Actor, actionId: string): Promise<DeviceActionRecord>
  isolationState(actor: Actor, tenantId: string, deviceId: string): Promise<Isolation>
  /**
   * Where the collected package can be fetched, for a short time.
   *
   * @param actionId ours or the service's
   * @throws AppError `forbidden` (readers), `conflict` while the collection runs
   */
  packageUrl(actor: Actor, tenantId: string, actionId: string): Promise<URL>
} & Following

export function createDevices({
  db,
  defender,
  tenants,
  audit,
  enqueueFollow,
  now = () => new Date(),
}: {
  db: Database
  defender: Defender
  tenants: Pick<Tenants, 'get'>
  audit: Audit
  enqueueFollow: EnqueueFollow
  now?: () => Date
}): DeviceService {
  const requestAction = createRequestAction({ db, defender, audit, enqueueFollow, now })
  const following = createFollowing({ db, defender, audit, enqueueFollow, now })

  async function look(actor: Actor, tenantId: string): Promise<TenantRecord> {
    requireAct(actor, 'look')
    return tenants.get(actor, tenantId)
  }

  /** What the service lists, or why it does not. */
  async function ask(
    tenant: TenantRecord,
    deviceId: string,
  ): Promise<{ states: DeviceActionState[] } | { failure: RemoteFailure }> {
    try {
      return { states: await defender.listDeviceActions(tenant.id, tenant.rolesGranted, deviceId) }
    } catch (error) {
      if (error instanceof RemoteError) return { failure: error.failure }
      throw error
    }
  }

  async function remoteIdOf(actor: Actor, tenant: TenantRecord, actionId: string): Promise<string> {
    const record = guid.test(actionId)
      ? ((await findAction(db, actionId.toLowerCase(), actor)) ??
        (await findActionByRemoteId(db, tenant.id, actionId.toLowerCase())))
      : null
    // A package that was asked for in the portal is the tenant's all the same.
    if (!record || record.tenantId !== tenant.id) return actionId
    if (record.type !== 'collect') throw new AppError('invalid', 'this action collects no package')
    if (record.status === 'succeeded' && record.remoteId !== null) return record.remoteId
    throw new AppError('conflict', 'the package is not there', {
      remedy: 'Wait until the collection has succeeded; a device that is switched off may take days.',
    })
  }

  return {
    ...following,

    async list(actor, tenantId, { limit = 50, ...options } = {}) {
      const tenant = await look(actor, tenantId)
      const page = await defender.listDevices(tenant.id, tenant.rolesGranted, {
        ...options,
        limit: Math.min(limit, 200),
      })
      return { items: page.items.map(one => toDeviceView(one, tenant.name)), nextCursor: page.nextCursor }
    },

    async get(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      return toDeviceView(await defender.getDevice(tenant.id, tenant.rolesGranted, deviceId), tenant.name)
    },

    async users(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      return defender.deviceUsers(tenant.id, tenant.rolesGranted, deviceId)
    },

    async alerts(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      return defender.deviceAlerts(tenant.id, tenant.rolesGranted, deviceId)
    },

    async actions(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      const [ours, asked] = await Promise.all([
        findActionsOfDevice(db, tenant.id, deviceId.toLowerCase()),
        ask(tenant, deviceId),
      ])
      if ('failure' in asked) {
        const items = ours.map(one => toDeviceActionView(one))
        return { items, isolation: null, failure: toFailureView(asked.failure) }
      }
      const states = new Map(asked.states.map(state => [state.id, state]))
      const known = new Set(ours.map(({ remoteId }) => remoteId))
      const items = [
        ...ours.map(one => toDeviceActionView(one, states.get(one.remoteId ?? '') ?? null)),
        ...asked.states
          .filter(({ id }) => !known.has(id))
          .map(state => toForeignActionView(state, tenant.id)),
      ].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      const isolation = isolationOf(asked.states)
      // Only the isolation or release that holds now can be taken back.
      const current = items.map(item =>
        item.remoteId === isolation.actionId ? item : { ...item, undo: null },
      )
      return { items: current, isolation, failure: null }
    },

    async request(actor, tenantId, deviceId, request) {
      return requestAction(actor, await look(actor, tenantId), deviceId, request)
    },

    async action(actor, actionId) {
      requireAct(actor, 'look')
      const record = guid.test(actionId) ? await findAction(db, actionId.toLowerCase(), actor) : null
      if (record) return record
      throw new AppError('not_found', 'there is no such action')
    },

    async isolationState(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      return isolationOf(await defender.listDeviceActions(tenant.id, tenant.rolesGranted, deviceId))
    },

    async packageUrl(actor, tenantId, actionId) {
      requireAct(actor, 'act-on-devices')
      const tenant = await look(actor, tenantId)
      const remoteId = await remoteIdOf(actor, tenant, actionId)
      const url = await defender.packageUri(tenant.id, tenant.rolesGranted, remoteId)
      await audit.record({
        actor,
        action: 'device.package_opened',
        tenantId: tenant.id,
        tenantName: tenant.name,
        target: remoteId,
      })
      return url
    },
  }
}
