import type { Failure } from '../errors.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, visibleTo } from '../tenants/actor.ts'
import type { Transaction } from '../tenants/store.ts'
import type { ApprovalStatus } from './model.ts'

export type ApprovalRow = Prisma.ApprovalGetPayload<object>
export type NewApproval = Prisma.ApprovalUncheckedCreateInput

export async function insertApproval(tx: Transaction, approval: NewApproval): Promise<ApprovalRow> {
  return await tx.approval.create({ data: approval })
}

export function findApproval(db: Database | Transaction, id: string): Promise<ApprovalRow | null> {
  return db.approval.findUnique({ where: { id } })
}

/** Newest first; ids are in the order of time. */
export function findApprovals(
  db: Database,
  filters: { statuses?: readonly ApprovalStatus[] },
  before: string | null,
  limit: number,
): Promise<ApprovalRow[]> {
  return db.approval.findMany({
    where: {
      ...(filters.statuses ? { status: { in: [...filters.statuses] } } : {}),
      ...(before === null ? {} : { id: { lt: before } }),
    },
    orderBy: { id: 'desc' },
    take: limit,
  })
}

/**
 * Moves an approval on, if it still is where the caller saw it.
 *
 * @param condition what must hold beside, such as that its time is not over
 * @returns whether it was
 */
export async function moveApproval(
  db: Database | Transaction,
  id: string,
  from: ApprovalStatus,
  to: ApprovalStatus,
  change: Omit<Prisma.ApprovalUncheckedUpdateManyInput, 'status' | 'error'> & { error?: Failure } = {},
  condition: Prisma.ApprovalWhereInput = {},
): Promise<boolean> {
  const { count } = await db.approval.updateMany({
    where: { ...condition, id, status: from },
    data: { ...change, status: to },
  })
  return count === 1
}

/** Those whose hour is over, and those that were approved or begun and whose process died. */
export async function findLeftOver(
  db: Database,
  at: { now: Date; approvedBefore: Date; begunBefore: Date },
): Promise<{ expired: ApprovalRow[]; approved: ApprovalRow[]; interrupted: ApprovalRow[] }> {
  const [expired, approved, interrupted] = await Promise.all([
    db.approval.findMany({ where: { status: 'waiting', expiresAt: { lte: at.now } }, take: 200 }),
    db.approval.findMany({ where: { status: 'approved', decidedAt: { lte: at.approvedBefore } }, take: 200 }),
    db.approval.findMany({ where: { status: 'running', startedAt: { lte: at.begunBefore } }, take: 200 }),
  ])
  return { expired, approved, interrupted }
}

/** Which of the tenants the actor sees. */
export async function visibleIds(
  db: Database,
  actor: Actor,
  tenantIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.tenant.findMany({
    where: { AND: [{ id: { in: [...tenantIds] } }, visibleTo(actor)] },
    select: { id: true },
  })
  return new Set(rows.map(({ id }) => id))
}

/** Forgets what ended before. */
export async function deleteEnded(db: Database, before: Date): Promise<void> {
  await db.approval.deleteMany({
    where: { createdAt: { lt: before }, status: { notIn: ['waiting', 'approved', 'running'] } },
  })
}
