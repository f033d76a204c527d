import type { Transaction } from '../../audit/store.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { visibleTo } from '../../tenants/actor.ts'
import type { TenantLimits } from '../../tenants/limits.ts'
import type { NotificationEvent } from '../event.ts'

export type { Transaction } from '../../audit/store.ts'
export type WebhookRecord = Prisma.WebhookGetPayload<object>
export type DeliveryRecord = Prisma.WebhookDeliveryGetPayload<object>
export type DeliveryWithWebhook = Prisma.WebhookDeliveryGetPayload<{ include: { webhook: true } }>
type Connection = Database | Transaction

export function findWebhooks(db: Connection): Promise<WebhookRecord[]> {
  return db.webhook.findMany({ orderBy: [{ name: 'asc' }, { id: 'asc' }] })
}

/** Those that are told of everything, and not by rules alone. */
export function findEnabledWebhooks(tx: Connection): Promise<WebhookRecord[]> {
  return tx.webhook.findMany({ where: { enabled: true, rulesOnly: false } })
}

export function findWebhook(db: Connection, id: string): Promise<WebhookRecord | null> {
  return db.webhook.findUnique({ where: { id } })
}

export type WebhookFields = Pick<
  WebhookRecord,
  'name' | 'url' | 'format' | 'allowPrivate' | 'limitedToTags' | 'limitedToIds' | 'rulesOnly'
>

export function createWebhook(
  tx: Transaction,
  fields: WebhookFields & { createdBy: string },
): Promise<WebhookRecord> {
  return tx.webhook.create({ data: fields })
}

export function updateWebhook(
  tx: Transaction,
  id: string,
  data: Prisma.WebhookUpdateInput,
): Promise<WebhookRecord> {
  return tx.webhook.update({ where: { id }, data })
}

/** @returns null when somebody else changed the secret meanwhile */
export async function rotate(
  tx: Transaction,
  { id, secretVersion }: WebhookRecord,
  now: Date,
): Promise<WebhookRecord | null> {
  const { count } = await tx.webhook.updateMany({
    where: { id, secretVersion },
    data: { secretVersion: secretVersion + 1, rotatedAt: now },
  })
  return count === 1 ? findWebhook(tx, id) : null
}

export async function deleteWebhook(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.webhook.deleteMany({ where: { id } })).count === 1
}

/** What a webhook is told of. Unlike staff, one that names neither tags nor tenants is told of all. */
export function webhookLimits({
  limitedToTags: tags,
  limitedToIds: ids,
}: Pick<WebhookRecord, 'limitedToTags' | 'limitedToIds'>): TenantLimits {
  return tags.length + ids.length === 0 ? 'all' : { tags, ids }
}

/** Tenants within limits. */
export async function tenantsWithin(tx: Connection, tenants: TenantLimits): Promise<Set<string>> {
  const rows = await tx.tenant.findMany({ where: visibleTo({ tenants }), select: { id: true } })
  return new Set(rows.map(({ id }) => id))
}

export async function createDelivery(
  tx: Connection,
  delivery: { webhookId: string; event: NotificationEvent; now: Date; replayOfId?: string },
): Promise<string> {
  const { webhookId, event, now, replayOfId } = delivery
  const { id } = await tx.webhookDelivery.create({
    data: {
      webhookId,
      event: event.type,
      payload: event,
      status: 'pending',
      nextAttemptAt: now,
      replayOfId: replayOfId ?? null,
    },
    select: { id: true },
  })
  return id
}

/** Newest first. */
export function findDeliveries(
  db: Database,
  webhookId: string,
  before: string | null,
  limit: number,
): Promise<DeliveryRecord[]> {
  return db.webhookDelivery.findMany({
    where: { webhookId, ...(before && { id: { lt: before } }) },
    orderBy: { id: 'desc' },
    take: limit,
  })
}

export function findDelivery(db: Database, id: string): Promise<DeliveryWithWebhook | null> {
  return db.webhookDelivery.findUnique({ where: { id }, include: { webhook: true } })
}

/**
 * Takes a message that is due for one try.
 *
 * @param lostAt when this try counts as lost, because its process died
 * @returns false when it is not due, or somebody else tries it
 */
export async function claimDelivery(
  db: Database,
  { id, attempts }: DeliveryRecord,
  now: Date,
  lostAt: Date,
): Promise<boolean> {
  const { count } = await db.webhookDelivery.updateMany({
    where: { id, attempts, status: 'pending', nextAttemptAt: { lte: now } },
    data: { attempts: attempts + 1, nextAttemptAt: lostAt },
  })
  return count === 1
}

export async function recordTry(
  db: Connection,
  id: string,
  data: Pick<
    DeliveryRecord,
    'status' | 'lastStatus' | 'lastError' | 'durationMs' | 'nextAttemptAt' | 'finishedAt'
  >,
): Promise<void> {
  await db.webhookDelivery.updateMany({ where: { id, status: 'pending' }, data })
}

/** Whether the message before this one did not arrive either. */
export async function failedBefore(tx: Connection, { id, webhookId }: DeliveryRecord): Promise<boolean> {
  const before = await tx.webhookDelivery.findFirst({
    where: { webhookId, id: { not: id }, finishedAt: { not: null } },
    orderBy: [{ finishedAt: 'desc' }, { id: 'desc' }],
    select: { status: true },
  })
  return before?.status === 'failed'
}

/** Messages that should have been tried by now. */
export async function findOverdue(db: Database, now: Date): Promise<string[]> {
  const rows = await db.webhookDelivery.findMany({
    where: { status: 'pending', nextAttemptAt: { lt: now } },
    orderBy: { nextAttemptAt: 'asc' },
    select: { id: true },
    take: 500,
  })
  return rows.map(({ id }) => id)
}

export async function deleteDeliveries(db: Database, before: Date): Promise<void> {
  await db.webhookDelivery.deleteMany({ where: { finishedAt: { lt: before } } })
}

/** The last message of each webhook. SQL, as Prisma has no way to ask for the first of each group in one call. */
export function findLastDeliveries(db: Database): Promise<DeliveryRecord[]> {
  return db.$queryRaw<DeliveryRecord[]>`
    SELECT DISTINCT ON (d."webhookId") d.* FROM "WebhookDelivery" d ORDER BY d."webhookId", d.id DESC`
}
