import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, isLimited, visibleTo } from '../tenants/actor.ts'
import type { Transaction } from '../tenants/store.ts'

const include = { tenant: { select: { name: true } } } as const

/** One row of the kill switch; `tenantId` null: everything. */
export type SuspensionRow = Prisma.SuspensionGetPayload<{ include: typeof include }>

/** The scope of the row that holds for everything. */
export const everything = 'all'

export function findSuspensions(db: Database): Promise<SuspensionRow[]> {
  return db.suspension.findMany({ include })
}

/** Those that the actor may know of: the one for everything, and those of tenants that it sees. */
export function findVisibleSuspensions(db: Database, actor: Actor): Promise<SuspensionRow[]> {
  return db.suspension.findMany({
    // An empty condition on the tenant would leave all of them out.
    where: isLimited(actor) ? { OR: [{ tenantId: null }, { tenant: visibleTo(actor) }] } : {},
    include,
    orderBy: { since: 'asc' },
  })
}

export function findSuspension(db: Database | Transaction, scope: string): Promise<SuspensionRow | null> {
  return db.suspension.findUnique({ where: { scope }, include })
}

/** Writes the row, or a new reason into the one that is there: who began, and when, stays. */
export function putSuspension(
  tx: Transaction,
  row: { scope: string; tenantId: string | null; reason: string; byId: string; byLabel: string; since: Date },
): Promise<SuspensionRow> {
  const { scope, reason } = row
  return tx.suspension.upsert({ where: { scope }, create: row, update: { reason }, include })
}

/** @returns whether there was one */
export async function deleteSuspension(tx: Transaction, scope: string): Promise<boolean> {
  const { count } = await tx.suspension.deleteMany({ where: { scope } })
  return count === 1
}
