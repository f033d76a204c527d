import type { Database } from '../platform/database/index.ts'

/** Rows that one statement removes, so that none takes long. */
const atOnce = 2_000

/**
 * Removes history beyond the days that it is kept: events of tenants, ended
 * invitations with their events and attempts, attempts of others, device
 * actions that are over. The audit, which says what was done, stays.
 *
 * SQL, because Prisma removes without a limit.
 *
 * @returns how many rows of each kind
 */
export async function removeOldHistory(db: Database, days: number): Promise<Record<string, number>> {
  const removed: Record<string, number> = {}
  for (const [kind, statement] of Object.entries(statements)) {
    let count = 0
    for (let last = atOnce; last === atOnce; count += last)
      last = await db.$executeRawUnsafe(statement, days, atOnce)
    removed[kind] = count
  }
  return removed
}

const old = "now() - $1::int * interval '1 day'"

const statements = {
  tenantEvents: `DELETE FROM "TenantEvent" WHERE id IN (
    SELECT id FROM "TenantEvent" WHERE at < ${old} LIMIT $2::int)`,
  invitations: `DELETE FROM "Invitation" WHERE id IN (
    SELECT id FROM "Invitation"
    WHERE status IN ('verified', 'declined', 'failed', 'expired', 'revoked')
      AND coalesce("endedAt", "expiresAt") < ${old} LIMIT $2::int)`,
  consentAttempts: `DELETE FROM "ConsentAttempt" WHERE id IN (
    SELECT id FROM "ConsentAttempt" WHERE "createdAt" < ${old} LIMIT $2::int)`,
  deviceActions: `DELETE FROM "DeviceAction" WHERE id IN (
    SELECT id FROM "DeviceAction" WHERE "finishedAt" < ${old} LIMIT $2::int)`,
}
