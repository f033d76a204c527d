import type { Transaction } from '../../audit/store.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import { storableJson } from '../../platform/storable.ts'
import { type Actor, visibleTo } from '../../tenants/actor.ts'
import type { ChannelOutcome, RuleDeliveryView } from './model.ts'

type Connection = Database | Transaction

const include = {
  target: { include: { webhook: true } },
  rule: { include: { tenants: { select: { tenantId: true } }, targets: { include: { webhook: true } } } },
} as const satisfies Prisma.NotificationDeliveryInclude

export type DueDelivery = Prisma.NotificationDeliveryGetPayload<{ include: typeof include }>

export function findDelivery(db: Database, id: string): Promise<DueDelivery | null> {
  return db.notificationDelivery.findUnique({ where: { id }, include })
}

export type ItemRecord = {
  tenantId: string
  incidentId: string
  toldState: string | null
  subject: string | null
}

/** What a message is about, in the order of its keys. */
export function findItems(db: Database, deliveryId: string): Promise<ItemRecord[]> {
  return db.notificationItem.findMany({
    where: { deliveryId },
    orderBy: [{ tenantId: 'asc' }, { incidentId: 'asc' }],
    select: { tenantId: true, incidentId: true, toldState: true, subject: true },
  })
}

/**
 * Takes a delivery that is due for one try; a digest gathers no more.
 *
 * @param lostAt when this try counts as lost, because its process died
 * @returns false when it is not due, or somebody else tries it
 */
export async function claim(
  db: Database,
  { id, attempts }: Pick<DueDelivery, 'id' | 'attempts'>,
  now: Date,
  lostAt: Date,
): Promise<boolean> {
  const { count } = await db.notificationDelivery.updateMany({
    where: { id, attempts, status: 'pending', nextAttemptAt: { lte: now } },
    data: { attempts: attempts + 1, nextAttemptAt: lostAt, gathersFor: null },
  })
  return count === 1
}

/** Gives a claimed delivery back untried. */
export async function postpone(
  db: Database,
  { id, attempts }: Pick<DueDelivery, 'id' | 'attempts'>,
  until: Date,
) {
  await db.notificationDelivery.updateMany({
    where: { id, status: 'pending', attempts: attempts + 1 },
    data: { attempts, nextAttemptAt: until },
  })
}

/** Ends a delivery that is not sent: its owner is gone, or nothing is left to tell. */
export async function finish(
  db: Database,
  id: string,
  data: { status: 'delivered' | 'failed' | 'dropped'; failure: ChannelOutcome['failure']; finishedAt: Date },
): Promise<void> {
  await db.notificationDelivery.updateMany({
    where: { id, status: 'pending' },
    data: {
      ...data,
      failure: data.failure ? (storableJson(data.failure) ?? Prisma.DbNull) : Prisma.DbNull,
      nextAttemptAt: null,
      gathersFor: null,
    },
  })
}

export async function recordTry(
  tx: Connection,
  id: string,
  {
    outcome,
    next,
    revision,
    now,
  }: { outcome: ChannelOutcome; next: Date | null; revision: number; now: Date },
): Promise<void> {
  const { isDelivered, answer, failure, durationMs } = outcome
  await tx.notificationDelivery.updateMany({
    where: { id, status: 'pending' },
    data: {
      status: isDelivered ? 'delivered' : next ? 'pending' : 'failed',
      answer,
      failure: failure ? (storableJson(failure) ?? Prisma.DbNull) : Prisma.DbNull,
      durationMs,
      nextAttemptAt: next,
      finishedAt: next ? null : now,
      ...(isDelivered && { deliveredAt: now, revision }),
    },
  })
}

export async function noteTold(
  tx: Connection,
  deliveryId: string,
  { tenantId, incidentId }: { tenantId: string; incidentId: string },
  data: { toldState: string; subject: string },
): Promise<void> {
  await tx.notificationItem.updateMany({ where: { deliveryId, tenantId, incidentId }, data })
}

/** A trial, written down with what came of it. @returns its id */
export async function createTest(
  db: Database,
  {
    ruleId,
    targetId,
    outcome,
    now,
  }: { ruleId: string; targetId: string; outcome: ChannelOutcome; now: Date },
): Promise<string> {
  const { isDelivered, answer, failure, durationMs } = outcome
  const { id } = await db.notificationDelivery.create({
    data: {
      ruleId,
      targetId,
      kind: 'test',
      status: isDelivered ? 'delivered' : 'failed',
      attempts: 1,
      answer,
      failure: failure ? (storableJson(failure) ?? Prisma.DbNull) : Prisma.DbNull,
      durationMs,
      createdAt: now,
      finishedAt: now,
      deliveredAt: isDelivered ? now : null,
    },
    select: { id: true },
  })
  return id
}

export function countTests(db: Database, ruleId: string, since: Date): Promise<number> {
  return db.notificationDelivery.count({ where: { ruleId, kind: 'test', createdAt: { gt: since } } })
}

/** Whether the message to this target before did not arrive either. */
export async function failedBefore(tx: Connection, { id, targetId }: Pick<DueDelivery, 'id' | 'targetId'>) {
  const before = await tx.notificationDelivery.findFirst({
    where: { targetId, id: { not: id }, kind: { not: 'test' }, status: { in: ['delivered', 'failed'] } },
    orderBy: [{ finishedAt: 'desc' }, { id: 'desc' }],
    select: { status: true },
  })
  return before?.status === 'failed'
}

/** Deliveries that should have been tried by now. */
export async function findOverdue(db: Database, now: Date): Promise<string[]> {
  const rows = await db.notificationDelivery.findMany({
    where: { status: 'pending', nextAttemptAt: { lt: now } },
    orderBy: { nextAttemptAt: 'asc' },
    select: { id: true },
    take: 500,
  })
  return rows.map(({ id }) => id)
}

export type DeliveryRecord = Prisma.NotificationDeliveryGetPayload<{
  include: { target: { include: { webhook: true } } }
}> & { items: (Pick<ItemRecord, 'tenantId' | 'incidentId'> & { title: string | null })[] }

/** Newest first, of each rule or of one; with the titles of what they tell. */
export async function findDeliveries(
  db: Database,
  where: { ruleId: string; before?: string | null; status?: RuleDeliveryView['status'] | undefined },
  limit: number,
): Promise<DeliveryRecord[]> {
  const { ruleId, before = null, status } = where
  const records = await db.notificationDelivery.findMany({
    where: { ruleId, ...(before && { id: { lt: before } }), ...(status && { status }) },
    orderBy: { id: 'desc' },
    take: limit,
    include: {
      target: { include: { webhook: true } },
      items: {
        select: { tenantId: true, incidentId: true },
        orderBy: [{ tenantId: 'asc' }, { incidentId: 'asc' }],
      },
    },
  })
  return withTitles(db, records)
}

/** The last delivery of each rule. SQL, as Prisma has no way to ask for the first of each group in one call. */
export async function findLastDeliveries(db: Database, ruleIds: string[]): Promise<DeliveryRecord[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT ON (d."ruleId") d.id FROM "NotificationDelivery" d
    WHERE d."ruleId" = ANY(${ruleIds}::uuid[]) ORDER BY d."ruleId", d.id DESC`
  const records = await db.notificationDelivery.findMany({
    where: { id: { in: rows.map(({ id }) => id) } },
    include: {
      target: { include: { webhook: true } },
      items: {
        select: { tenantId: true, incidentId: true },
        orderBy: [{ tenantId: 'asc' }, { incidentId: 'asc' }],
      },
    },
  })
  return withTitles(db, records)
}

async function withTitles<T extends { items: { tenantId: string; incidentId: string }[] }>(
  db: Database,
  records: T[],
) {
  const shown = records.flatMap(({ items }) => items.slice(0, 5))
  const byTenant = Map.groupBy(shown, ({ tenantId }) => tenantId)
  const rows =
    shown.length === 0
      ? []
      : await db.incident.findMany({
          where: {
            OR: [...byTenant].map(([tenantId, some]) => ({
              tenantId,
              incidentId: { in: some.map(({ incidentId }) => incidentId) },
            })),
          },
          select: { tenantId: true, incidentId: true, title: true },
        })
  const titles = new Map(rows.map(({ tenantId, incidentId, title }) => [`${tenantId}:${incidentId}`, title]))
  return records.map(record => ({
    ...record,
    items: record.items.map(item => ({
      ...item,
      title: titles.get(`${item.tenantId}:${item.incidentId}`) ?? null,
    })),
  }))
}

/** Names of those of these tenants that the actor may see. */
export async function findSeenTenants(
  db: Database,
  actor: Actor,
  ids: string[],
): Promise<Map<string, string>> {
  const rows = await db.tenant.findMany({
    where: { AND: [visibleTo(actor), { id: { in: [...new Set(ids)] } }] },
    select: { id: true, name: true },
  })
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/**
 * Removes what ended before, and messages whose incidents left with their
 * tenant: what a channel answered may quote them.
 */
export async function deleteOld(db: Database, before: Date, newsBefore: Date): Promise<void> {
  await db.notificationDelivery.deleteMany({ where: { finishedAt: { lt: before } } })
  await db.notificationDelivery.deleteMany({ where: { kind: { not: 'test' }, items: { none: {} } } })
  // As long as an incident can change, its match keeps it from being told a second time.
  await db.$executeRaw`
    DELETE FROM "NotificationMatch" m WHERE m.at < ${before} AND NOT EXISTS (
      SELECT 1 FROM "Incident" i WHERE i."tenantId" = m."tenantId" AND i."incidentId" = m."incidentId")`
  await db.incidentNews.deleteMany({ where: { at: { lt: newsBefore } } })
}
