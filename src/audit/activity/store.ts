import { type ActivityLink, Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import type { AuditRow, Transaction } from '../store.ts'

export type LinkRow = ActivityLink

export function addLink(
  tx: Transaction,
  data: Omit<LinkRow, 'id' | 'revokedAt' | 'openedAt'>,
): Promise<LinkRow> {
  return tx.activityLink.create({ data })
}

/** Newest first. */
export function findLinks(db: Database, tenantId: string): Promise<LinkRow[]> {
  return db.activityLink.findMany({ where: { tenantId }, orderBy: { id: 'desc' }, take: 100 })
}

/** @returns null when there is no such link, or it was revoked already */
export async function revokeLink(
  tx: Transaction,
  { id, tenantId, at }: { id: string; tenantId: string; at: Date },
): Promise<LinkRow | null> {
  const [revoked] = await tx.activityLink.updateManyAndReturn({
    where: { id, tenantId, revokedAt: null },
    data: { revokedAt: at },
  })
  return revoked ?? null
}

/** The link of a token with its tenant, unless it ended. */
export function findOpenLink(db: Database, tokenHash: string, now: Date) {
  return db.activityLink.findFirst({
    where: { tokenHash, revokedAt: null, expiresAt: { gt: now } },
    include: { tenant: { select: { id: true, name: true } } },
  })
}

export async function noteOpened(db: Database, id: string, at: Date): Promise<void> {
  await db.activityLink.updateMany({ where: { id, openedAt: null }, data: { openedAt: at } })
}

/**
 * Events of some actions about one tenant, and hunts that asked it, newest
 * first. SQL, because the event of a hunt names no tenant: its tasks do.
 */
export function findActivity(
  db: Database,
  tenantId: string,
  actions: string[],
  before: bigint | null,
  limit: number,
): Promise<AuditRow[]> {
  const older = before === null ? Prisma.sql`TRUE` : Prisma.sql`e.id < ${before}`
  return db.$queryRaw<AuditRow[]>`
    SELECT * FROM (
      (SELECT e.* FROM "AuditEvent" e
       WHERE ${older} AND e."tenantId" = ${tenantId}::uuid AND e.action = ANY(${actions})
       ORDER BY e.id DESC LIMIT ${limit})
      UNION ALL
      (SELECT e.* FROM "AuditEvent" e
       WHERE ${older} AND e.action = 'hunt.created'
         AND e.target IN (SELECT h."huntId"::text FROM "HuntTask" h WHERE h."tenantId" = ${tenantId}::uuid)
       ORDER BY e.id DESC LIMIT ${limit})
    ) e ORDER BY e.id DESC LIMIT ${limit}`
}
