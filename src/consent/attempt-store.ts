import type { Transaction } from '../audit/store.ts'
import type { Failure } from '../errors.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { invitationInclude } from '../invitations/store.ts'
import type { Database } from '../platform/database/index.ts'
import { storableText } from '../platform/storable.ts'

type Connection = Database | Transaction

const attemptInclude = {
  invitation: { include: invitationInclude },
} as const satisfies Prisma.ConsentAttemptInclude

/** One attempt: to Microsoft and back, with its invitation. */
export type AttemptRecord = Prisma.ConsentAttemptGetPayload<{ include: typeof attemptInclude }>

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
    error?: Failure | null
    provenAt?: Date
    objectId?: string
    username?: string | null
  },
): Promise<void> {
  await tx.consentAttempt.updateMany({
    where: { id: attemptId },
    data: {
      outcome: outcome.outcome,
      ...(outcome.error ? { error: outcome.error } : {}),
      ...(outcome.provenAt ? { provenAt: outcome.provenAt } : {}),
      ...(outcome.objectId ? { provenByObjectId: outcome.objectId } : {}),
      ...(outcome.username ? { provenByUsername: storableText(outcome.username, 400) } : {}),
    },
  })
}

/** The tenant of the last approval through a link that led on to the sign-in which was to prove it. */
export async function findClaimedTenant(db: Connection, invitationId: string): Promise<string | null> {
  const attempt = await db.consentAttempt.findFirst({
    where: { invitationId, claimedTenantId: { not: null }, proofStateHash: { not: null } },
    orderBy: { createdAt: 'desc' },
    select: { claimedTenantId: true },
  })
  return attempt?.claimedTenantId ?? null
}
