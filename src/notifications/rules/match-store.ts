import type { Transaction } from '../../audit/store.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'

export type NewsRow = { tenantId: string; incidentId: string; version: string }
export type IncidentKey = { tenantId: string; incidentId: string }

export async function hasNews(db: Database): Promise<boolean> {
  return (await db.incidentNews.findFirst({ select: { incidentId: true } })) !== null
}

/** Incidents that rules have to look at, those waiting longest first. */
export function findNews(db: Database, limit: number): Promise<NewsRow[]> {
  return db.incidentNews.findMany({
    orderBy: [{ at: 'asc' }, { tenantId: 'asc' }, { incidentId: 'asc' }],
    take: limit,
    select: { tenantId: true, incidentId: true, version: true },
  })
}

/** Removes what was looked at, but for what changed meanwhile. SQL, for one statement over pairs of columns. */
export async function settleNews(db: Database, rows: readonly NewsRow[]): Promise<void> {
  await db.$executeRaw`
    DELETE FROM "IncidentNews" n USING unnest(
      ${rows.map(({ tenantId }) => tenantId)}::uuid[], ${rows.map(({ incidentId }) => incidentId)}::text[],
      ${rows.map(({ version }) => version)}::uuid[]) AS r(t, i, v)
    WHERE n."tenantId" = r.t AND n."incidentId" = r.i AND n.version = r.v`
}

/** Locks a rule, so that processes count its messages one after the other. @returns false when it is gone or paused */
export async function lockRule(tx: Transaction, ruleId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "NotificationRule" WHERE id = ${ruleId}::uuid AND enabled FOR NO KEY UPDATE`
  return rows.length === 1
}

/** Notes incidents that a rule has found. @returns those that it had not found before */
export function addMatches(
  tx: Transaction,
  ruleId: string,
  incidents: readonly IncidentKey[],
): Promise<IncidentKey[]> {
  const values = incidents.map(
    ({ tenantId, incidentId }) => Prisma.sql`(${ruleId}::uuid, ${tenantId}::uuid, ${incidentId})`,
  )
  return tx.$queryRaw<IncidentKey[]>`
    INSERT INTO "NotificationMatch" ("ruleId", "tenantId", "incidentId") VALUES ${Prisma.join(values)}
    ON CONFLICT DO NOTHING RETURNING "tenantId", "incidentId"`
}

export function countSingles(tx: Transaction, targetId: string, since: Date): Promise<number> {
  return tx.notificationDelivery.count({ where: { targetId, kind: 'incident', createdAt: { gt: since } } })
}

type NewDelivery = { ruleId: string; targetId: string; at: Date; now: Date }

/** @returns the delivery's id */
export async function addSingle(
  tx: Transaction,
  { ruleId, targetId, at, now }: NewDelivery,
  incident: IncidentKey,
): Promise<string> {
  const { id } = await tx.notificationDelivery.create({
    data: {
      ruleId,
      targetId,
      kind: 'incident',
      status: 'pending',
      nextAttemptAt: at,
      createdAt: now,
      items: { create: { ruleId, ...incident } },
    },
    select: { id: true },
  })
  return id
}

/**
 * Adds incidents to the digest that gathers for a target, or begins one; it is
 * sent at the earliest of the times that were asked for. The update locks the
 * row: its sender waits, and takes what was added along.
 *
 * @returns the digest's id
 */
export async function addToDigest(
  tx: Transaction,
  { ruleId, targetId, at, now }: NewDelivery,
  incidents: readonly IncidentKey[],
): Promise<string> {
  const [open] = await tx.$queryRaw<{ id: string }[]>`
    UPDATE "NotificationDelivery" SET "nextAttemptAt" = least("nextAttemptAt", ${at}::timestamptz)
    WHERE "gathersFor" = ${targetId}::uuid RETURNING id`
  const digest =
    open ??
    (await tx.notificationDelivery.create({
      data: {
        ruleId,
        targetId,
        kind: 'digest',
        status: 'pending',
        gathersFor: targetId,
        nextAttemptAt: at,
        createdAt: now,
      },
      select: { id: true },
    }))
  await tx.notificationItem.createMany({
    data: incidents.map(({ tenantId, incidentId }) => ({
      deliveryId: digest.id,
      ruleId,
      tenantId,
      incidentId,
    })),
    skipDuplicates: true,
  })
  return digest.id
}

/** What of incidents decides whether they are told again. */
export function findStates(db: Database, incidents: readonly IncidentKey[]) {
  return db.incident.findMany({
    where: { OR: byTenant(incidents) },
    select: {
      tenantId: true,
      incidentId: true,
      severity: true,
      status: true,
      assignedTo: true,
      classification: true,
      redirectTo: true,
      deletedAt: true,
    },
  })
}

/** Messages about single incidents that arrived where a message can be updated. */
export function findUpdatable(db: Database, incidents: readonly IncidentKey[]) {
  return db.notificationItem.findMany({
    where: {
      match: { OR: byTenant(incidents) },
      delivery: {
        kind: 'incident',
        status: 'delivered',
        rule: { enabled: true },
        target: {
          OR: [{ kind: { in: ['console', 'email'] } }, { kind: 'webhook', webhook: { format: 'json' } }],
        },
      },
    },
    select: {
      deliveryId: true,
      tenantId: true,
      incidentId: true,
      toldState: true,
      delivery: { select: { deliveredAt: true, target: { select: { kind: true } } } },
    },
  })
}

function byTenant(incidents: readonly IncidentKey[]) {
  return [...Map.groupBy(incidents, ({ tenantId }) => tenantId)].map(([tenantId, some]) => ({
    tenantId,
    incidentId: { in: some.map(({ incidentId }) => incidentId) },
  }))
}

/** Has a delivered message sent again as an update. @returns false when it is under way already */
export async function reopen(db: Database, deliveryId: string, at: Date): Promise<boolean> {
  const { count } = await db.notificationDelivery.updateMany({
    where: { id: deliveryId, status: 'delivered' },
    data: { status: 'pending', attempts: 0, nextAttemptAt: at, finishedAt: null },
  })
  return count === 1
}
