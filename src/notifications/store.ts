import type { Transaction } from '../audit/store.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, isLimited, visibleTo } from '../tenants/actor.ts'
import { may } from '../tenants/permissions.ts'

const include = { run: { select: { scheduleId: true, schedule: { select: { name: true } } } } } as const

export type NotificationRecord = Prisma.NotificationGetPayload<{ include: typeof include }>

/**
 * Those that the actor may see: with news of a tenant it sees, or about a run
 * of it. Webhooks, open links and credentials are the business of administrators
 * who see everything.
 */
function seenBy(actor: Actor): Prisma.NotificationWhereInput {
  const isForActor = { OR: [{ recipientId: null }, { recipientId: actor.id }] }
  const visible = visibleIn(actor)
  return { AND: [isForActor, ...(visible ? [visible] : [])] }
}

/** Null: all. */
function visibleIn(actor: Actor): Prisma.NotificationWhereInput | null {
  const ownRule = { kind: 'undelivered', recipientId: actor.id }
  if (!isLimited(actor))
    return may(actor, 'webhook.manage')
      ? null
      : { OR: [{ kind: { notIn: ['undelivered', 'confirming', 'credential', 'audit'] } }, ownRule] }
  const tenant = visibleTo(actor)
  return {
    OR: [
      {
        kind: 'findings',
        run: { findings: { some: { newCount: { gt: 0 }, isBaseline: false, isMuted: false, tenant } } },
      },
      { kind: 'failed', run: { schedule: { runsAsId: actor.id } } },
      { kind: { in: ['disconnected', 'degraded', 'connected', 'suspension', 'approval'] }, tenant },
      // What holds for everything holds for whoever sees a part of it.
      { kind: 'suspension', tenantId: null },
      ownRule,
      { kind: 'incident', OR: [{ tenant }, { tenantId: null, recipientId: actor.id }] },
    ],
  }
}

/** Newest first. */
export function findNotifications(
  db: Database,
  actor: Actor,
  before: string | null,
  limit: number,
): Promise<NotificationRecord[]> {
  return db.notification.findMany({
    where: { AND: [seenBy(actor), before ? { id: { lt: before } } : {}] },
    orderBy: { id: 'desc' },
    take: limit,
    include,
  })
}

export function countAfter(db: Database, actor: Actor, after: Date | null, most: number): Promise<number> {
  return db.notification.count({
    where: { AND: [seenBy(actor), after ? { at: { gt: after } } : {}] },
    take: most,
  })
}

export async function seenUntil(db: Database, actorId: string): Promise<Date | null> {
  return (await db.notificationsSeen.findUnique({ where: { actorId } }))?.until ?? null
}

export async function setSeen(db: Database, actorId: string, until: Date): Promise<void> {
  await db.notificationsSeen.upsert({
    where: { actorId },
    create: { actorId, until },
    update: { until },
  })
}

export async function createNotification(
  tx: Transaction,
  notification: {
    kind: string
    title: string
    href: string
    runId?: string
    tenantId?: string
    ruleId?: string
    recipientId?: string
    at: Date
  },
): Promise<void> {
  await tx.notification.create({ data: notification })
}

/**
 * Writes a notification, or writes over the one about the same topic, which
 * keeps its place and its time.
 */
export async function writeTopic(
  tx: Transaction,
  notification: {
    kind: string
    title: string
    href: string
    topic: string
    tenantId: string | null
    ruleId: string
    /** Whom alone it is for; null: everybody who sees the tenant. */
    recipientId: string | null
    at: Date
  },
): Promise<void> {
  const { topic, title, href } = notification
  await tx.notification.upsert({ where: { topic }, create: notification, update: { title, href } })
}

export type RunNews = { runId: string; newRows: number; tenants: number }

/** What runs found in the tenants that the actor may see. */
export async function newsOf(db: Database, actor: Actor, runIds: string[]): Promise<RunNews[]> {
  const rows = await db.scheduleFinding.groupBy({
    by: ['runId'],
    where: {
      runId: { in: runIds },
      newCount: { gt: 0 },
      isBaseline: false,
      isMuted: false,
      tenant: visibleTo(actor),
    },
    _sum: { newCount: true },
    _count: true,
  })
  return rows.map(({ runId, _sum, _count }) => ({ runId, newRows: _sum.newCount ?? 0, tenants: _count }))
}

export async function deleteNotifications(db: Database, before: Date): Promise<void> {
  await db.notification.deleteMany({ where: { at: { lt: before } } })
}
