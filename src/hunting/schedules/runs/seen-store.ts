import type { Transaction } from '../../../audit/store.ts'
import type { Prisma } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/index.ts'

export type NewFinding = Prisma.ScheduleFindingCreateManyInput

/** Tenants of a run whose answer was looked at. */
export async function doneTenants(db: Database, runId: string): Promise<Set<string>> {
  const rows = await db.scheduleFinding.findMany({ where: { runId }, select: { tenantId: true } })
  return new Set(rows.map(({ tenantId }) => tenantId))
}

/** Takes a tenant's place in a run. @returns false when somebody else has looked at its answer */
export async function takeFinding(tx: Transaction, finding: NewFinding): Promise<boolean> {
  const { count } = await tx.scheduleFinding.createMany({ data: [finding], skipDuplicates: true })
  return count === 1
}

/** Answers without rows, all at once. Tenants that were offboarded meanwhile are left out. */
export async function addFindings(tx: Transaction, findings: NewFinding[]): Promise<void> {
  const present = await presentTenants(
    tx,
    findings.map(({ tenantId }) => tenantId),
  )
  await tx.scheduleFinding.createMany({
    data: findings.filter(({ tenantId }) => present.has(tenantId)),
    skipDuplicates: true,
  })
}

export async function presentTenants(tx: Transaction, ids: string[]): Promise<Set<string>> {
  const rows = await tx.tenant.findMany({ where: { id: { in: ids } }, select: { id: true } })
  return new Set(rows.map(({ id }) => id))
}

export async function completeFinding(
  tx: Transaction,
  { runId, tenantId }: { runId: string; tenantId: string },
  counts: { newCount: number; keptCount: number; rows: Uint8Array<ArrayBuffer> | null },
): Promise<void> {
  await tx.scheduleFinding.update({ where: { runId_tenantId: { runId, tenantId } }, data: counts })
}

/** Tenants that answered a schedule before. */
export async function answeredBefore(db: Database, scheduleId: string): Promise<Set<string>> {
  const rows = await db.scheduleTenant.findMany({ where: { scheduleId }, select: { tenantId: true } })
  return new Set(rows.map(({ tenantId }) => tenantId))
}

export async function rememberAnswers(
  tx: Transaction,
  scheduleId: string,
  tenantIds: string[],
  now: Date,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO "ScheduleTenant" ("scheduleId", "tenantId", "firstAnsweredAt", "lastAnsweredAt")
    SELECT ${scheduleId}::uuid, t.id, ${now}, ${now} FROM "Tenant" t WHERE t.id = ANY(${tenantIds}::uuid[])
    ON CONFLICT ("scheduleId", "tenantId") DO UPDATE SET "lastAnsweredAt" = EXCLUDED."lastAnsweredAt"`
}

/** A hash is written again only when it was last written longer ago than this: most rows come each time. */
const refreshAfterMs = 86_400_000

/**
 * Remembers hashes and tells which were not known. SQL: one statement for
 * thousands of rows, of which only those that were really inserted come back.
 *
 * @returns the unknown ones, as hexadecimal digits
 */
export async function rememberHashes(
  tx: Transaction,
  { scheduleId, tenantId }: { scheduleId: string; tenantId: string },
  hashes: Buffer[],
  now: Date,
): Promise<Set<string>> {
  const inserted = await tx.$queryRaw<{ hash: string }[]>`
    INSERT INTO "ScheduleSeen" ("scheduleId", "tenantId", hash, "lastSeenAt")
    SELECT ${scheduleId}::uuid, ${tenantId}::uuid, h, ${now} FROM unnest(${hashes}::bytea[]) AS h
    ON CONFLICT DO NOTHING RETURNING encode(hash, 'hex') AS hash`
  const stale = new Date(now.getTime() - refreshAfterMs)
  await tx.$executeRaw`
    UPDATE "ScheduleSeen" SET "lastSeenAt" = ${now}
    WHERE "scheduleId" = ${scheduleId}::uuid AND "tenantId" = ${tenantId}::uuid
      AND hash = ANY(${hashes}::bytea[]) AND "lastSeenAt" < ${stale}`
  return new Set(inserted.map(({ hash }) => hash))
}

/** Hashes that were not seen again for as long as their schedule says. SQL, as each schedule has its own time. */
export async function forgetHashes(db: Database, now: Date): Promise<number> {
  return db.$executeRaw`
    DELETE FROM "ScheduleSeen" s USING "Schedule" c
    WHERE c.id = s."scheduleId" AND s."lastSeenAt" < ${now}::timestamptz - make_interval(days => c."forgetAfterDays")`
}

/** Rows of findings as old as hunt results get, and runs nobody looks at any more. */
export async function forgetRuns(
  db: Database,
  { rowsBefore, runsBefore }: { rowsBefore: Date; runsBefore: Date },
): Promise<void> {
  await db.scheduleFinding.updateMany({
    where: { keptCount: { gt: 0 }, run: { finishedAt: { lt: rowsBefore } } },
    data: { rows: null, keptCount: 0 },
  })
  await db.scheduleRun.deleteMany({ where: { finishedAt: { lt: runsBefore } } })
}
