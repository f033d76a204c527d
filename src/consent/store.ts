import { storableText } from '../audit/storable.ts'
import type { Transaction } from '../audit/store.ts'
import type { Database } from '../database/index.ts'
import type { RemoteFailure } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { type Actor, visibleTo } from '../tenants/actor.ts'
import { toStoredFailure } from '../tenants/stored-failure.ts'
import { type InvitationStatus, liveStatuses } from './invitation-status.ts'

type Connection = Database | Transaction

const include = {
  customer: true,
  tenant: true,
  events: { orderBy: { id: 'asc' } },
} as const satisfies Prisma.InvitationInclude

/** An invitation with its customer, its tenant once there is one, and its timeline, oldest first. */
export type InvitationRecord = Prisma.InvitationGetPayload<{ include: typeof include }>
export type NewInvitation = Prisma.InvitationUncheckedCreateInput

const attemptInclude = { invitation: { include } } as const satisfies Prisma.ConsentAttemptInclude

/** One journey to Microsoft and back, with its invitation. */
export type AttemptRecord = Prisma.ConsentAttemptGetPayload<{ include: typeof attemptInclude }>

export async function createInvitation(tx: Transaction, invitation: NewInvitation): Promise<void> {
  await tx.invitation.create({ data: invitation })
}

/** Limited staff see links that led to a tenant of theirs, and those they made. */
function visibleInvitations(actor: Actor): Prisma.InvitationWhereInput {
  if (actor.limitedToTags.length === 0) return {}
  return { OR: [{ tenant: visibleTo(actor) }, { createdById: actor.id }] }
}

export function findInvitation(db: Connection, id: string, actor?: Actor): Promise<InvitationRecord | null> {
  return db.invitation.findFirst({ where: { id, ...(actor ? visibleInvitations(actor) : {}) }, include })
}

export function findInvitationByToken(db: Connection, tokenHash: string): Promise<InvitationRecord | null> {
  return db.invitation.findUnique({ where: { tokenHash }, include })
}

export type InvitationFilters = { status?: InvitationStatus; search?: string; tenantId?: string }

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
    include,
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

export type InvitationMove = {
  from: readonly InvitationStatus[]
  to: InvitationStatus
  change?: Prisma.InvitationUncheckedUpdateManyInput
  where?: Prisma.InvitationWhereInput
  /** Undefined leaves the last error as it is. */
  error?: RemoteFailure | null
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
  const error =
    move.error === undefined ? {} : { lastError: move.error ? toStoredFailure(move.error) : Prisma.DbNull }
  const { count } = await tx.invitation.updateMany({
    where: { ...move.where, id, status: { in: [...move.from] } },
    data: { ...move.change, ...error, status: move.to },
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

/**
 * Ends every link whose time has passed and that led to no tenant. SQL, to
 * change the rows and write their timelines in one statement.
 */
export async function expireInvitations(db: Database, now: Date): Promise<void> {
  await db.$executeRaw`
    WITH ended AS (
      UPDATE "Invitation" SET status = 'expired', "endedAt" = ${now}
      WHERE status IN ('created', 'opened', 'started', 'declined', 'failed', 'consented')
        AND "tenantId" IS NULL AND "expiresAt" <= ${now}
      RETURNING id)
    INSERT INTO "InvitationEvent" ("invitationId", at, type) SELECT id, ${now}, 'expired' FROM ended`
}

export async function createAttempt(
  tx: Transaction,
  attempt: Prisma.ConsentAttemptUncheckedCreateInput,
): Promise<void> {
  await tx.consentAttempt.create({ data: attempt })
}

export function findAttemptByConsentState(
  db: Database,
  consentStateHash: string,
): Promise<AttemptRecord | null> {
  return db.consentAttempt.findUnique({ where: { consentStateHash }, include: attemptInclude })
}

export function findAttemptByProofState(db: Database, proofStateHash: string): Promise<AttemptRecord | null> {
  return db.consentAttempt.findUnique({ where: { proofStateHash }, include: attemptInclude })
}

/** @returns false when the state was used already */
export async function useConsentState(
  tx: Connection,
  attemptId: string,
  change: Prisma.ConsentAttemptUncheckedUpdateManyInput & { consentUsedAt: Date },
): Promise<boolean> {
  const { count } = await tx.consentAttempt.updateMany({
    where: { id: attemptId, consentUsedAt: null },
    data: change,
  })
  return count === 1
}

/** @returns false when the state was used already */
export async function useProofState(tx: Connection, attemptId: string, proofUsedAt: Date): Promise<boolean> {
  const { count } = await tx.consentAttempt.updateMany({
    where: { id: attemptId, proofUsedAt: null },
    data: { proofUsedAt },
  })
  return count === 1
}

export async function writeAttemptOutcome(
  tx: Connection,
  attemptId: string,
  outcome: {
    outcome: string
    error?: RemoteFailure | null
    provenAt?: Date
    objectId?: string
    username?: string | null
  },
): Promise<void> {
  await tx.consentAttempt.updateMany({
    where: { id: attemptId },
    data: {
      outcome: outcome.outcome,
      ...(outcome.error ? { error: toStoredFailure(outcome.error) } : {}),
      ...(outcome.provenAt ? { provenAt: outcome.provenAt } : {}),
      ...(outcome.objectId ? { provenByObjectId: outcome.objectId } : {}),
      ...(outcome.username ? { provenByUsername: storableText(outcome.username, 400) } : {}),
    },
  })
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
    include,
  })
}

/** Live links that are pinned to a tenant of this customer. */
export function findPinnedInvitations(
  db: Connection,
  customerId: string,
  tenantId: string,
  statuses: readonly InvitationStatus[],
): Promise<{ id: string }[]> {
  return db.invitation.findMany({
    where: { customerId, pinnedTenantId: tenantId, status: { in: [...statuses] } },
    select: { id: true },
  })
}

/** Links through which this tenant was proven and that wait for its verification. */
export function findInvitationsAwaiting(db: Connection, tenantId: string): Promise<{ id: string }[]> {
  return db.invitation.findMany({
    where: { tenantId, status: { in: ['consented', 'failed'] } },
    select: { id: true },
  })
}
