import type { Transaction } from '../audit/store.ts'
import type { Failure } from '../errors.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { storableText } from '../platform/storable.ts'
import { type Actor, visibleTo } from '../tenants/actor.ts'

type Connection = Database | Transaction

const include = { tenant: { select: { name: true, rolesGranted: true } } } as const

/** A device action that was asked for here. */
export type DeviceActionRecord = Prisma.DeviceActionGetPayload<{ include: typeof include }>

/**
 * `requested`: written, and perhaps on its way. `unknown`: sent, but whether
 * it arrived is not known yet.
 */
export type StoredStatus =
  | 'requested'
  | 'unknown'
  | 'pending'
  | 'in_progress'
  | 'succeeded'
  | 'failed'
  | 'timed_out'
  | 'canceled'

export const openStatuses: readonly StoredStatus[] = ['requested', 'unknown', 'pending', 'in_progress']

export function insertAction(
  tx: Transaction,
  action: {
    tenantId: string
    deviceId: string
    deviceName: string
    type: string
    comment: string
    requestedById: string
    requestedBy: string
    createdAt: Date
  },
): Promise<DeviceActionRecord> {
  const { deviceName, comment } = action
  return tx.deviceAction.create({
    data: {
      ...action,
      deviceName: storableText(deviceName, 300),
      comment: storableText(comment),
      status: 'requested' satisfies StoredStatus,
    },
    include,
  })
}

/** @param actor leaves out what the actor may not see */
export function findAction(db: Connection, id: string, actor?: Actor): Promise<DeviceActionRecord | null> {
  return db.deviceAction.findFirst({
    where: { id, ...(actor ? { tenant: visibleTo(actor) } : {}) },
    include,
  })
}

/** Newest first. */
export function findActionsOfDevice(
  db: Connection,
  tenantId: string,
  deviceId: string,
): Promise<DeviceActionRecord[]> {
  return db.deviceAction.findMany({
    where: { tenantId, deviceId },
    orderBy: { createdAt: 'desc' },
    take: 100,
    include,
  })
}

/** The action that went to the service under this id. */
export function findActionByRemoteId(
  db: Connection,
  tenantId: string,
  remoteId: string,
): Promise<DeviceActionRecord | null> {
  return db.deviceAction.findFirst({ where: { tenantId, remoteId }, include })
}

/** One of the same kind on the same device, of which it is not known whether it happened. */
export function findUnresolved(
  db: Connection,
  tenantId: string,
  deviceId: string,
  type: string,
): Promise<DeviceActionRecord | null> {
  return db.deviceAction.findFirst({
    where: { tenantId, deviceId, type, status: { in: ['requested', 'unknown'] } },
    include,
  })
}

/** Remote ids that belong to an action of ours already. */
export async function knownRemoteIds(
  db: Connection,
  tenantId: string,
  remoteIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.deviceAction.findMany({
    where: { tenantId, remoteId: { in: [...remoteIds] } },
    select: { remoteId: true },
  })
  return new Set(rows.flatMap(({ remoteId }) => (remoteId === null ? [] : [remoteId])))
}

/**
 * Moves an action on, if it still is where the caller saw it.
 *
 * @returns whether it was
 */
export async function moveAction(
  db: Connection,
  id: string,
  from: readonly string[],
  change: {
    status: StoredStatus
    remoteId?: string
    failure?: Failure | null
    finishedAt?: Date | null
  },
): Promise<boolean> {
  const { failure, ...columns } = change
  const { count } = await db.deviceAction.updateMany({
    where: { id, status: { in: [...from] } },
    data: { ...columns, ...(failure ? { error: failure } : {}) },
  })
  return count === 1
}

/** Open actions that nobody has looked at since: their job or its process is gone. */
export async function findStranded(
  db: Database,
  before: { requested: Date; following: Date },
  limit: number,
): Promise<{ id: string }[]> {
  return db.deviceAction.findMany({
    where: {
      OR: [
        { status: { in: ['requested', 'unknown'] }, updatedAt: { lt: before.requested } },
        { status: { in: ['pending', 'in_progress'] }, updatedAt: { lt: before.following } },
      ],
    },
    orderBy: { updatedAt: 'asc' },
    take: limit,
    select: { id: true },
  })
}

/** Marks an action as looked at, although nothing about it changed. */
export async function touchAction(db: Connection, id: string, at: Date): Promise<void> {
  await db.deviceAction.updateMany({ where: { id }, data: { updatedAt: at } })
}
