import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type Connection, type TenantRecord, tenantInclude } from '../tenants/store.ts'
import { isEverythingSuspended, notSuspended } from '../tenants/suspended-store.ts'

/**
 * Begins a verification: jobs of older runs do nothing from here on.
 *
 * @returns the number of the new run
 */
export async function beginVerificationRun(tx: Connection, tenantId: string, at: Date): Promise<number> {
  const { verificationRun } = await tx.tenant.update({
    where: { id: tenantId },
    data: {
      verificationRun: { increment: 1 },
      verificationStartedAt: at,
      verificationAttempts: 0,
      verificationNextAt: at,
    },
    select: { verificationRun: true },
  })
  return verificationRun
}

/** Verifications whose next try is overdue, because the process that should have made it died. Those of suspended tenants wait. */
export async function findStrandedVerifications(
  db: Database,
  before: Date,
  limit: number,
): Promise<{ id: string; verificationRun: number }[]> {
  if (await isEverythingSuspended(db)) return []
  return db.tenant.findMany({
    where: { verificationNextAt: { lt: before }, suspension: null },
    select: { id: true, verificationRun: true },
    orderBy: { verificationNextAt: 'asc' },
    take: limit,
  })
}

/**
 * Takes tenants whose daily check is due. The next one is set before the
 * check, so that a tenant whose check always fails does not keep the others
 * waiting. SQL for SKIP LOCKED: many workers take different tenants.
 */
export async function claimDueChecks(db: Database, now: Date, limit: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE "Tenant" SET "nextCheckAt" = ${now}::timestamptz + interval '24 hours'
    WHERE id IN (
      SELECT id FROM "Tenant" WHERE "nextCheckAt" <= ${now} AND "verificationNextAt" IS NULL
        AND ${Prisma.raw(notSuspended('"Tenant".id'))}
      ORDER BY "nextCheckAt" LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id`
  return rows.map(row => row.id)
}

/** A batch of tenants by id, for work over all of them. */
export function findTenantsAfter(db: Database, id: string | null, limit: number): Promise<TenantRecord[]> {
  return db.tenant.findMany({
    where: id ? { id: { gt: id } } : {},
    orderBy: { id: 'asc' },
    take: limit,
    include: tenantInclude,
  })
}

/**
 * Lets checks go on after a suspension: a run that was under way gets its whole
 * time again, and what was due meanwhile is due now.
 *
 * @param tenantId null: of all tenants
 */
export async function restartChecks(tx: Connection, tenantId: string | null, at: Date): Promise<void> {
  await tx.tenant.updateMany({
    where: { ...(tenantId === null ? {} : { id: tenantId }), verificationNextAt: { not: null } },
    data: { verificationStartedAt: at, verificationAttempts: 0, verificationNextAt: at },
  })
}

/** Has a tenant's daily check made as soon as it can be: it was called off. */
export async function postponeCheck(db: Connection, tenantId: string, until: Date): Promise<void> {
  await db.tenant.updateMany({ where: { id: tenantId }, data: { nextCheckAt: until } })
}
