import type { Transaction } from '../audit/store.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'

/** Who stopped the calls to a tenant, or to all (`tenantId` null), when and why. */
export type SuspensionRecord = Prisma.SuspensionGetPayload<object>

/**
 * The condition that calls to a tenant are not stopped, for SQL that hands out work.
 *
 * @param column the tenant's id in the statement, such as `t.id`
 */
export function notSuspended(column: `${string}id` | `${string}"tenantId"`): string {
  return `NOT EXISTS (SELECT 1 FROM "Suspension" z WHERE z.scope = 'all' OR z."tenantId" = ${column})`
}

/** The row that stops the calls to everything; null when there is none. */
export function findSuspensionOfAll(db: Database | Transaction): Promise<SuspensionRecord | null> {
  return db.suspension.findUnique({ where: { scope: 'all' } })
}

export async function isEverythingSuspended(db: Database | Transaction): Promise<boolean> {
  return (await findSuspensionOfAll(db)) !== null
}
