import type { Audit } from '../audit/audit.ts'
import { AppError, type Failure, RemoteError } from '../errors.ts'
import type {
  Alert,
  Defender,
  DeviceActionState,
  DeviceFilter,
  DeviceSource,
  DeviceUser,
  Sourced,
  WholeList,
} from '../microsoft/defender/index.ts'
import type { Database } from '../platform/database/index.ts'
import { isGuid } from '../platform/guid.ts'
import { pageLimit } from '../platform/paging.ts'
import type { Actor } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import type { TenantRecord } from '../tenants/store.ts'
import type { Tenants } from '../tenants/tenants.ts'
import { createFollowing, type EnqueueFollow, type Following } from './follow.ts'
import { type Isolation, isolationOf, reportedIsolation } from './isolation.ts'
import { type ActionRequest, createRequestAction } from './request.ts'
import { type DeviceActionRecord, findAction, findActionByRemoteId, findActionsOfDevice } from './store.ts'
import {
  type DeviceActionView,
  type DeviceView,
  toDeviceActionView,
  toDeviceView,
  toForeignActionView,
} from './view.ts'

export { type AvailableAction, availableActions, fittingActions } from './available-actions.ts'
export { toDeviceActionView } from './view.ts'

/** What was found, where, and why the other source did not take part (null: it did, or is not granted). */
type Found<T> = WholeList<T> & { source: DeviceSource; failure: Failure | null }

type ActionsOfDevice = {
  /** Ours and those asked for elsewhere, newest first. */
  items: DeviceActionView[]
  /** Null when nothing tells it. */
  isolation: Isolation | null
  /** Why only ours are listed. */
  failure: Failure | null
  /** Actions that were asked for elsewhere may be missing. */
  isIncomplete: boolean
}

/**
 * The devices of customer tenants. Throws AppError `not_found` for a tenant
 * that the actor may not see, and RemoteError for what the customer has not
 * granted (`role_missing`) and what the service refuses or fails with.
 */
export type DeviceService = {
  /** @param options `limit` 1–200, default 50 */
  list(
    actor: Actor,
    tenantId: string,
    options?: DeviceFilter & { limit?: number; cursor?: string | null },
  ): Promise<Found<DeviceView> & { nextCursor: string | null; readAt: string }>
  /** @param deviceId 40 hex digits, or the DNS name */
  get(actor: Actor, tenantId: string, deviceId: string): Promise<DeviceView & { failure: Failure | null }>
  users(actor: Actor, tenantId: string, deviceId: string): Promise<Found<DeviceUser>>
  alerts(actor: Actor, tenantId: string, deviceId: string): Promise<Found<Alert>>
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
    requireAct(actor, 'device.read')
    return tenants.get(actor, tenantId)
  }

  /** What the service lists, or why it does not. */
  async function ask(
    tenant: TenantRecord,
    deviceId: string,
  ): Promise<{ states: WholeList<DeviceActionState> } | { failure: Failure }> {
    try {
      return { states: await defender.listDeviceActions(tenant.id, tenant.rolesGranted, deviceId) }
    } catch (error) {
      if (error instanceof RemoteError) return { failure: error.failure }
      throw error
    }
  }

  /** What the last report of the device tells, when its actions cannot be read. */
  async function reported(tenant: TenantRecord, deviceId: string): Promise<Isolation | null> {
    try {
      const { isIsolated } = await defender.getDevice(tenant.id, tenant.rolesGranted, deviceId)
      return reportedIsolation(isIsolated)
    } catch (error) {
      if (error instanceof RemoteError || error instanceof AppError) return null
      throw error
    }
  }

  async function remoteIdOf(actor: Actor, tenant: TenantRecord, actionId: string): Promise<string> {
    const record = isGuid(actionId)
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
        limit: pageLimit(limit),
      })
      const { nextCursor, readAt } = page
      return { ...found(page, one => toDeviceView(one, tenant.name)), nextCursor, readAt }
    },

    async get(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      const { failure, ...device } = await defender.getDevice(tenant.id, tenant.rolesGranted, deviceId)
      return { ...toDeviceView(device, tenant.name), failure }
    },

    async users(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      return found(await defender.deviceUsers(tenant.id, tenant.rolesGranted, deviceId), user => user)
    },

    async alerts(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      return found(await defender.deviceAlerts(tenant.id, tenant.rolesGranted, deviceId), alert => alert)
    },

    async actions(actor, tenantId, deviceId) {
      const tenant = await look(actor, tenantId)
      const [ours, asked] = await Promise.all([
        findActionsOfDevice(db, tenant.id, deviceId.toLowerCase()),
        ask(tenant, deviceId),
      ])
      if ('failure' in asked) {
        const items = ours.map(one => toDeviceActionView(one))
        const isolation = await reported(tenant, deviceId)
        return { items, isolation, failure: asked.failure, isIncomplete: true }
      }
      const { items: listed, isIncomplete } = asked.states
      const states = new Map(listed.map(state => [state.id, state]))
      const known = new Set(ours.map(({ remoteId }) => remoteId))
      const items = [
        ...ours.map(one => toDeviceActionView(one, states.get(one.remoteId ?? '') ?? null)),
        ...listed.filter(({ id }) => !known.has(id)).map(state => toForeignActionView(state, tenant.id)),
      ].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      // A missing action may be the one that isolated or released the device.
      const isolation = isIncomplete ? await reported(tenant, deviceId) : isolationOf(listed)
      const decidedBy = isIncomplete ? null : (isolation?.actionId ?? null)
      // Only the isolation or release that holds now can be taken back.
      const current = items.map(item =>
        decidedBy !== null && item.remoteId === decidedBy ? item : { ...item, undo: null },
      )
      return { items: current, isolation, failure: null, isIncomplete }
    },

    async request(actor, tenantId, deviceId, request) {
      return requestAction(actor, await look(actor, tenantId), deviceId, request)
    },

    async action(actor, actionId) {
      requireAct(actor, 'device.read')
      const record = isGuid(actionId) ? await findAction(db, actionId.toLowerCase(), actor) : null
      if (record) return record
      throw new AppError('not_found', 'there is no such action')
    },

    async packageUrl(actor, tenantId, actionId) {
      requireAct(actor, 'device.act')
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

function found<T, V>({ items, isIncomplete, source, failure }: Sourced<T>, view: (item: T) => V): Found<V> {
  return { items: items.map(view), isIncomplete, source, failure }
}
