import type { Transaction } from '../audit/store.ts'
import type { Failure } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from '../platform/database/index.ts'
import { storableText } from '../platform/storable.ts'
import { type Actor, isLimited, visibleTo } from '../tenants/actor.ts'
import type { Contact } from '../tenants/contact.ts'
import { type InvitationStatus, liveStatuses } from './invitation-status.ts'
import { awaitedStatuses } from './reminder.ts'

type Connection = Database | Transaction

/** What an invitation's record takes along. */
export const invitationInclude = {
  customer: true,
  tenant: true,
  events: { orderBy: { id: 'asc' } },
} as const satisfies Prisma.InvitationInclude

/** An invitation with its customer, its tenant once there is one, and its timeline, oldest first. */
export type InvitationRecord = Prisma.InvitationGetPayload<{ include: typeof invitationInclude }>
export type NewInvitation = Prisma.InvitationUncheckedCreateInput

export async function createInvitation(tx: Transaction, invitation: NewInvitation): Promise<void> {
  await tx.invitation.create({ data: invitation })
}

/** Limited staff see links that led to a tenant of theirs, and those they made. */
function visibleInvitations(actor: Actor): Prisma.InvitationWhereInput {
  if (!isLimited(actor)) return {}
  return { OR: [{ tenant: visibleTo(actor) }, { createdById: actor.id }] }
}

export function findInvitation(db: Connection, id: string, actor?: Actor): Promise<InvitationRecord | null> {
  return db.invitation.findFirst({
    where: { id, ...(actor ? visibleInvitations(actor) : {}) },
    include: invitationInclude,
  })
}

export function findInvitationByToken(db: Connection, tokenHash: string): Promise<InvitationRecord | null> {
  return db.invitation.findUnique({ where: { tokenHash }, include: invitationInclude })
}

export type InvitationFilters = {
  status?: InvitationStatus
  search?: string
  tenantId?: string
  /** Only links that the customer should have used by then. */
  overdueAt?: Date
}

function overdue(now: Date): Prisma.InvitationWhereInput {
  return { status: { in: awaitedStatuses }, tenantId: null, remindAt: { lte: now } }
}

/** Newest first. */
export function findInvitationPage(
  db: Database,
  actor: Actor,
  filters: InvitationFilters,
  after: { createdAt: Date; id: string } | null,
  take: number,
): Promise<InvitationRecord[]> {
  const search = storableText(filters.search?.trim() ?? '', 200)
  return db.invitation.findMany({
    where: {
      AND: [
        visibleInvitations(actor),
        filters.status ? { status: filters.status } : {},
        filters.overdueAt ? overdue(filters.overdueAt) : {},
        filters.tenantId
          ? { OR: [{ tenantId: filters.tenantId }, { pinnedTenantId: filters.tenantId }] }
          : {},
        search
          ? {
              OR: [
                { customer: { name: { contains: search, mode: 'insensitive' } } },
                { pinnedDomain: { contains: search, mode: 'insensitive' } },
              ],
            }
          : {},
        after
          ? {
              OR: [
                { createdAt: { lt: after.createdAt } },
                { createdAt: after.createdAt, id: { lt: after.id } },
              ],
            }
          : {},
      ],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take,
    include: invitationInclude,
  })
}

/** How many invitations stand where, over what the actor may see. */
export async function countInvitations(
  db: Database,
  actor: Actor,
): Promise<Partial<Record<InvitationStatus, number>>> {
  const groups = await db.invitation.groupBy({
    by: ['status'],
    where: visibleInvitations(actor),
    _count: { _all: true },
  })
  return Object.fromEntries(groups.map(group => [group.status, group._count._all]))
}

/** How many links the customer should have used by now, over what the actor may see. */
export function countOverdue(db: Database, actor: Actor, now: Date): Promise<number> {
  return db.invitation.count({ where: { AND: [visibleInvitations(actor), overdue(now)] } })
}

/** Changes what staff note about a link. */
export async function updateInvitation(
  tx: Connection,
  id: string,
  change: { tags: string[]; contact: Contact | null; remindAt: Date | null },
): Promise<void> {
  await tx.invitation.update({ where: { id }, data: { ...change, contact: change.contact ?? Prisma.DbNull } })
}

/**
 * Takes the right to mail a reminder: whoever comes second within the time does not get it.
 *
 * @returns false when a reminder was sent since `before`, or the customer has no step to take any more
 */
export async function claimReminder(db: Connection, id: string, before: Date, now: Date): Promise<boolean> {
  const { count } = await db.invitation.updateMany({
    where: {
      id,
      status: { in: awaitedStatuses },
      tenantId: null,
      expiresAt: { gt: now },
      OR: [{ remindedAt: null }, { remindedAt: { lte: before } }],
    },
    data: { remindedAt: now },
  })
  return count === 1
}

/** After a reminder: a date for the next look, or the claim given back. */
export async function endReminder(
  db: Connection,
  id: string,
  claimedAt: Date,
  change: { remindAt?: Date; remindedAt?: Date | null },
): Promise<void> {
  await db.invitation.updateMany({ where: { id, remindedAt: claimedAt }, data: change })
}

export type InvitationMove = {
  from: readonly InvitationStatus[]
  to: InvitationStatus
  change?: Prisma.InvitationUncheckedUpdateManyInput
  where?: Prisma.InvitationWhereInput
  /** Undefined leaves the last error as it is. */
  error?: Failure | null
  /** Who waits for a confirmation; undefined leaves it as it is. */
  proof?: Prisma.InputJsonObject | null
  event?: { type: string; detail?: string | null }
  at: Date
}

/**
 * Moves an invitation from one of the expected states, and notes it in its
 * timeline.
 *
 * @returns false when it was in none of them: nothing was changed
 */
export async function moveInvitation(tx: Connection, id: string, move: InvitationMove): Promise<boolean> {
  const error = move.error === undefined ? {} : { lastError: move.error ?? Prisma.DbNull }
  const proof = move.proof === undefined ? {} : { proof: move.proof ?? Prisma.DbNull }
  const { count } = await tx.invitation.updateMany({
    where: { ...move.where, id, status: { in: [...move.from] } },
    data: { ...move.change, ...error, ...proof, status: move.to },
  })
  if (count !== 1) return false
  if (move.event) await addInvitationEvent(tx, id, { ...move.event, at: move.at })
  return true
}

/** Notes which tenant a link led to. */
export async function linkInvitation(tx: Connection, id: string, tenantId: string): Promise<void> {
  await tx.invitation.update({ where: { id }, data: { tenantId } })
}

export async function addInvitationEvent(
  tx: Connection,
  invitationId: string,
  event: { type: string; detail?: string | null; at: Date },
): Promise<void> {
  const detail = event.detail ? storableText(event.detail) : null
  await tx.invitationEvent.create({ data: { invitationId, at: event.at, type: event.type, detail } })
}

export async function hasInvitationEvent(
  tx: Connection,
  invitationId: string,
  type: string,
): Promise<boolean> {
  return (
    (await tx.invitationEvent.findFirst({ where: { invitationId, type }, select: { id: true } })) !== null
  )
}

/**
 * Ends every link whose time has passed and that led to no tenant. SQL, to
 * change the rows and write their timelines in one statement.
 */
export async function expireInvitations(db: Database, now: Date): Promise<void> {
  await db.$executeRaw`
    WITH ended AS (
      UPDATE "Invitation" SET status = 'expired', "endedAt" = ${now}
      WHERE status IN ('created', 'opened', 'started', 'declined', 'failed', 'consented', 'confirming')
        AND "tenantId" IS NULL AND "expiresAt" <= ${now}
      RETURNING id)
    INSERT INTO "InvitationEvent" ("invitationId", at, type) SELECT id, ${now}, 'expired' FROM ended`
}

/** Whether a customer has tenants besides the given one. */
export async function hasOtherTenants(
  db: Connection,
  customerId: string,
  tenantId: string,
): Promise<boolean> {
  const count = await db.tenant.count({ where: { customerId, id: { not: tenantId } } })
  return count > 0
}

/** The link that renews a tenant's consent and still leads somewhere; of several, the one that lasts longest. */
export function findOpenReconsent(
  db: Connection,
  tenant: { id: string; customerId: string },
  actor: Actor,
  now: Date,
): Promise<InvitationRecord | null> {
  return db.invitation.findFirst({
    where: {
      AND: [visibleInvitations(actor)],
      customerId: tenant.customerId,
      pinnedTenantId: tenant.id,
      tenantId: null,
      purpose: 'reconsent',
      status: { in: liveStatuses },
      expiresAt: { gt: now },
    },
    orderBy: { expiresAt: 'desc' },
    include: invitationInclude,
  })
}

/** Live links that are pinned to a tenant of this customer. */
export function findPinnedInvitations(
  db: Connection,
  customerId: string,
  tenantId: string,
  statuses: readonly InvitationStatus[],
): Promise<Pick<InvitationRecord, 'id' | 'tags' | 'contact'>[]> {
  return db.invitation.findMany({
    where: { customerId, pinnedTenantId: tenantId, status: { in: [...statuses] } },
    select: { id: true, tags: true, contact: true },
  })
}

/** Links through which this tenant was proven and that wait for its verification. */
export function findInvitationsAwaiting(db: Connection, tenantId: string): Promise<{ id: string }[]> {
  return db.invitation.findMany({
    where: { tenantId, status: { in: ['consented', 'failed'] } },
    select: { id: true },
  })
}
