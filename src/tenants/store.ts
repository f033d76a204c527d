import type { Transaction } from '../audit/store.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { storableJson, storableText } from '../platform/storable.ts'
import { type Actor, visibleTo } from './actor.ts'
import { findSuspensionOfAll } from './suspended-store.ts'

export type { Transaction } from '../audit/store.ts'
export type Connection = Database | Transaction

/** What a tenant's record takes along. */
export const tenantInclude = {
  customer: true,
  surfaces: { orderBy: { surface: 'asc' } },
  suspension: true,
} as const satisfies Prisma.TenantInclude

/** A tenant with its customer, what its surfaces answered last, and the suspension that holds it: its own or that of everything. */
export type TenantRecord = Prisma.TenantGetPayload<{ include: typeof tenantInclude }>
export type TenantChange = Prisma.TenantUncheckedUpdateManyInput
export type NewTenant = Prisma.TenantUncheckedCreateInput
export type TenantEventRecord = Prisma.TenantEventGetPayload<object>
export type CustomerRecord = Prisma.CustomerGetPayload<object>

/** What the checks found. */
export type TenantStatus = 'verifying' | 'connected' | 'degraded' | 'disconnected'
/** What is shown: a suspended tenant is shown as such, and keeps what the checks found for afterwards. */
export const shownStatuses = ['verifying', 'connected', 'degraded', 'disconnected', 'suspended'] as const
export type ShownStatus = (typeof shownStatuses)[number]

export async function findTenant(
  db: Connection,
  tenantId: string,
  actor?: Actor,
): Promise<TenantRecord | null> {
  const [tenant, all] = await Promise.all([
    db.tenant.findFirst({
      where: { id: tenantId, ...(actor ? visibleTo(actor) : {}) },
      include: tenantInclude,
    }),
    findSuspensionOfAll(db),
  ])
  return tenant && { ...tenant, suspension: all ?? tenant.suspension }
}

/** Where a tenant lives; null without a row. */
export async function findTenantCloud(db: Connection, tenantId: string): Promise<string | null> {
  const tenant = await db.tenant.findUnique({ where: { id: tenantId }, select: { cloud: true } })
  return tenant?.cloud ?? null
}

/** Lets nobody else decide about the tenant until the transaction ends. SQL, because Prisma takes no row locks. */
export async function lockTenant(tx: Transaction, tenantId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "Tenant" WHERE id = ${tenantId}::uuid FOR UPDATE`
}

/** Makes the row unless the tenant has one; two proofs at once leave one row. */
export async function createTenantIfAbsent(db: Connection, tenant: NewTenant): Promise<boolean> {
  const { count } = await db.tenant.createMany({ data: [tenant], skipDuplicates: true })
  return count === 1
}

/** @returns how many rows met the condition and were changed */
export async function updateTenant(
  db: Connection,
  tenantId: string,
  change: TenantChange,
  condition: Prisma.TenantWhereInput = {},
): Promise<number> {
  const { count } = await db.tenant.updateMany({ where: { ...condition, id: tenantId }, data: change })
  return count
}

export async function addTenantEvent(
  db: Connection,
  tenantId: string,
  event: { type: string; detail?: string | null; data?: Record<string, unknown>; at: Date },
): Promise<void> {
  await db.tenantEvent.create({
    data: {
      tenantId,
      at: event.at,
      type: event.type,
      detail: event.detail ? storableText(event.detail) : null,
      ...(event.data ? { data: storableJson(event.data) ?? {} } : {}),
    },
  })
}

export function findTenantEvents(
  db: Connection,
  tenantId: string,
  before: bigint | null,
  limit: number,
): Promise<TenantEventRecord[]> {
  return db.tenantEvent.findMany({
    where: { tenantId, ...(before === null ? {} : { id: { lt: before } }) },
    orderBy: { id: 'desc' },
    take: limit,
  })
}

/** The customer of that name, made when there is none. */
export async function ensureCustomer(db: Connection, name: string, nameKey: string): Promise<CustomerRecord> {
  await db.customer.createMany({ data: [{ name, nameKey }], skipDuplicates: true })
  return db.customer.findUniqueOrThrow({ where: { nameKey } })
}

/**
 * Removes the tenant with everything that hangs on it, its links included, and
 * the customer when nothing else is left of it. The audit has no foreign keys
 * and stays.
 */
export async function purgeTenant(tx: Transaction, tenantId: string, customerId: string): Promise<void> {
  await tx.invitation.deleteMany({ where: { OR: [{ tenantId }, { pinnedTenantId: tenantId, customerId }] } })
  await tx.connectLine.deleteMany({ where: { tenantId } })
  await tx.tenant.delete({ where: { id: tenantId } })
  await tx.quotaBucket.deleteMany({ where: { key: { contains: tenantId } } })
  const about = (path: string[]) => ({ payload: { path, equals: tenantId } })
  await tx.webhookDelivery.deleteMany({ where: { OR: [about(['tenant', 'tenantId']), about(['tenantId'])] } })
  await tx.customer.deleteMany({
    where: { id: customerId, tenants: { none: {} }, invitations: { none: {} } },
  })
}
