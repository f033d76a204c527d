import { AppError } from '../errors.ts'
import { answerableStatuses } from '../invitations/invitation-status.ts'
import {
  findInvitation,
  hasInvitationEvent,
  type InvitationRecord,
  moveInvitation,
} from '../invitations/store.ts'
import { namedFailure } from '../microsoft/failures/named-failure.ts'
import { type Actor, isLimited } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import { findTenant } from '../tenants/store.ts'
import { writeAttemptOutcome } from './attempt-store.ts'
import { connectProvenTenant } from './connect-proven-tenant.ts'
import { type ConsentOutcome, consentOutcome } from './consent-outcome.ts'
import type { ConsentDeps } from './deps.ts'
import { approverName, type ConsentProof, customerActor, readConsentProof, toStoredProof } from './proof.ts'

/**
 * Keeps who signed in through an open link until staff confirm or refuse.
 * Nothing is connected meanwhile, and the link stays usable: an administrator
 * who signs in through it connects the tenant without staff.
 *
 * @returns the page for the customer; null when the link ended meanwhile
 */
export async function awaitConfirmation(
  deps: ConsentDeps,
  invitation: InvitationRecord,
  attemptId: string,
  proof: ConsentProof,
): Promise<ConsentOutcome | null> {
  const { db, audit } = deps
  const at = deps.now()
  const who = approverName(proof)
  const kept = await db.$transaction(async tx => {
    const isTold = await hasInvitationEvent(tx, invitation.id, 'confirming')
    const isMoved = await moveInvitation(tx, invitation.id, {
      from: answerableStatuses,
      to: 'confirming',
      where: { tenantId: null },
      error: null,
      proof: toStoredProof(proof),
      event: {
        type: 'confirming',
        detail: `${who} signed in to ${proof.domain ?? proof.tenantId}; ${
          proof.administrator === null ? 'directory roles are not known' : 'no role that can approve'
        }`,
      },
      at,
    })
    if (!isMoved) return null
    await writeAttemptOutcome(tx, attemptId, {
      outcome: 'confirming',
      provenAt: at,
      objectId: proof.objectId,
      username: proof.username,
    })
    await audit.record(
      {
        actor: customerActor(invitation, deps.from, proof),
        action: 'consent.awaiting_confirmation',
        tenantId: null,
        target: invitation.customer.name,
        detail: {
          invitationId: invitation.id,
          claimedTenantId: proof.tenantId,
          administrator: proof.administrator,
        },
      },
      tx,
    )
    // Once for each link: whoever signs in again and again fills no list.
    if (isTold) return { send: null }
    const { name: customerName } = invitation.customer
    const news = { invitationId: invitation.id, customerName, signedIn: who, tenantId: proof.tenantId, at }
    return { send: await deps.announceConfirming(tx, news) }
  })
  await kept?.send?.()
  return kept
    ? consentOutcome('confirming', deps.askedRoles, { customerName: invitation.customer.name })
    : null
}

/**
 * What staff decide about somebody who proved an open link without being known
 * to be an administrator.
 *
 * @param isConfirmed true connects the tenant that signed in; false connects nothing and leaves the link usable
 * @throws AppError `forbidden`, `not_found`, `conflict` when nothing waits, `tenant_taken`
 */
export async function decideConfirmation(
  deps: ConsentDeps,
  actor: Actor,
  invitationId: string,
  isConfirmed: boolean,
): Promise<void> {
  requireAct(actor, 'invitation.confirm')
  const invitation = await findInvitation(deps.db, invitationId, actor)
  if (!invitation) throw new AppError('not_found', 'there is no such invitation')
  const proof = waitingProof(invitation)
  if (!proof) throw nothingWaits()

  if (!isConfirmed) return refuse(deps, actor, invitation, proof)

  const connected = await deps.db.$transaction(async tx => {
    const outcome = await connectProvenTenant(tx, deps, invitation, proof, actor)
    // Thrown, so that the transaction takes back what it wrote.
    if (outcome.outcome === 'tenant_taken') throw tenantTaken(actor)
    return outcome
  })
  if (connected.outcome !== 'connected') throw nothingWaits()

  deps.dropTokens(proof.tenantId)
  await deps.enqueueVerification(proof.tenantId, connected.run, 0)
}

async function refuse(
  { db, audit, now }: ConsentDeps,
  actor: Actor,
  invitation: InvitationRecord,
  proof: ConsentProof,
): Promise<void> {
  const at = now()
  const who = approverName(proof)
  const error = {
    ...namedFailure('declined', {
      service: 'entra',
      at,
      message: `${actor.label} did not confirm ${who} for ${proof.domain ?? proof.tenantId}.`,
    }),
    code: 'not_confirmed',
    remedy: 'Ask an administrator of the customer to open the link, or withdraw it.',
  }
  await db.$transaction(async tx => {
    const isMoved = await moveInvitation(tx, invitation.id, {
      from: answerableStatuses,
      to: 'failed',
      where: { tenantId: null },
      error,
      proof: null,
      event: { type: 'not_confirmed', detail: error.message },
      at,
    })
    if (!isMoved) throw nothingWaits()
    const known = await findTenant(tx, proof.tenantId)
    await audit.record(
      {
        actor,
        action: 'consent.not_confirmed',
        // A tenant that was never connected is no tenant of ours: it is named in the detail only.
        tenantId: known?.customerId === invitation.customerId ? proof.tenantId : null,
        target: invitation.customer.name,
        result: 'refused',
        detail: { invitationId: invitation.id, claimedTenantId: proof.tenantId, signedIn: who },
      },
      tx,
    )
  })
}

/**
 * The sign-in that waits for staff, null when none does. It goes on waiting
 * while somebody else tries the same link, and when the link's time runs out.
 */
export function waitingProof(
  invitation: Pick<InvitationRecord, 'proof' | 'status' | 'tenantId'>,
): ConsentProof | null {
  const isOpen = answerableStatuses.some(status => status === invitation.status)
  return isOpen && invitation.tenantId === null ? readConsentProof(invitation.proof) : null
}

function nothingWaits(): AppError {
  return new AppError('conflict', 'no sign-in of this invitation waits for a confirmation')
}

function tenantTaken(actor: Actor): AppError {
  if (isLimited(actor)) {
    return new AppError('conflict', 'this tenant cannot be connected by this link', {
      remedy: 'Ask an administrator who sees every tenant.',
    })
  }
  return new AppError('tenant_taken', 'this tenant is already connected under another customer name', {
    remedy:
      'Refuse this sign-in, and use the other customer’s name for a link or offboard the tenant there first.',
  })
}
