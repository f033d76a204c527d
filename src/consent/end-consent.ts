import { failureDetail } from '../audit/failure-detail.ts'
import type { Failure } from '../errors.ts'
import { answerableStatuses } from '../invitations/invitation-status.ts'
import { joinUrl } from '../invitations/invitation-view.ts'
import { addInvitationEvent, moveInvitation } from '../invitations/store.ts'
import { namedFailure } from '../microsoft/failures/named-failure.ts'
import { type AttemptRecord, writeAttemptOutcome } from './attempt-store.ts'
import { type ConsentOutcome, consentOutcome, type OutcomeKind } from './consent-outcome.ts'
import type { ConsentDeps } from './deps.ts'
import { customerActor } from './proof.ts'

/** Why an answer is not taken, or null when it may be. The order tells a stranger least. */
export function refuseAnswer(
  attempt: AttemptRecord | null,
  answer: {
    browserHash: string
    usedAt: Date | null | undefined
    expiresAt: Date | null | undefined
    now: Date
  },
): OutcomeKind | null {
  if (!attempt) return 'forged'
  if (attempt.browserHash !== answer.browserHash) return 'other_browser'
  if (answer.usedAt) return 'used'
  if (!answer.expiresAt || answer.expiresAt <= answer.now) return 'took_too_long'
  if (attempt.invitation.status === 'revoked') return 'revoked'
  return null
}

/** The page for an answer that was not taken. Who the link is for is said only to the browser that set out. */
export async function endRefused(
  deps: ConsentDeps,
  attempt: AttemptRecord | null,
  kind: OutcomeKind,
): Promise<ConsentOutcome> {
  if (!attempt || kind === 'forged') return consentOutcome('forged', deps.askedRoles)

  const { invitation } = attempt
  if (kind === 'other_browser') {
    // Staff see why their customer does not get on, usually blocked cookies.
    const event = {
      type: 'other_browser',
      detail: 'the answer came back in another browser',
      at: deps.now(),
    }
    await addInvitationEvent(deps.db, invitation.id, event)
    return consentOutcome(kind, deps.askedRoles)
  }
  return consentOutcome(kind, deps.askedRoles, {
    customerName: invitation.customer.name,
    retryUrl: kind === 'took_too_long' ? joinUrl(deps, invitation.id) : null,
  })
}

/** Endings after which the same person can try as often as they like: only staff, or somebody else, get further. */
const neverProves: ReadonlySet<OutcomeKind> = new Set(['guest', 'outside_account'])

/**
 * Ends a consent that did not lead to a connection: outcome on the attempt,
 * state and timeline of the link, audit, and the page for the admin. The link
 * stays usable, so that the right person can try again.
 */
export async function endConsent(
  deps: ConsentDeps,
  attempt: AttemptRecord,
  kind: OutcomeKind,
  found: {
    failure?: Failure
    correlationId?: string | null
    code?: string
    /** For staff: what exactly was found. */
    detail?: string
    claimedTenantId?: string
  },
): Promise<ConsentOutcome> {
  const { db, audit } = deps
  const at = deps.now()
  const { invitation } = attempt
  const end = consentOutcome(kind, deps.askedRoles, {
    failure: found.failure ?? null,
    correlationId: found.correlationId ?? null,
    code: found.code ?? (found.failure ? null : kind),
    customerName: invitation.customer.name,
    retryUrl: kind === 'tenant_taken' ? null : joinUrl(deps, invitation.id),
    staffUrl: neverProves.has(kind) ? `${deps.publicUrl}/invitations/${invitation.id}` : null,
  })
  const error = found.failure ?? ownFailure(kind, end, found.detail, at)
  const words = [error.message, end.code, found.claimedTenantId && `tenant ${found.claimedTenantId}`]

  await db.$transaction(async tx => {
    await moveInvitation(tx, invitation.id, {
      from: answerableStatuses.filter(status => status !== 'expired'),
      to: kind === 'declined' ? 'declined' : 'failed',
      where: { OR: [{ tenantId: null }, { status: 'failed' }] },
      error,
      event: {
        type: kind === 'declined' ? 'declined' : 'failed',
        detail: words.filter(word => word).join(' · '),
      },
      at,
    })
    await writeAttemptOutcome(tx, attempt.id, { outcome: kind, error })
    await audit.record(
      {
        actor: customerActor(invitation, deps.from),
        action: kind === 'declined' ? 'consent.declined' : 'consent.failed',
        tenantId: invitation.pinnedTenantId,
        target: invitation.customer.name,
        result: ['declined', 'wrong_tenant', 'guest', 'outside_account', 'tenant_taken'].includes(kind)
          ? 'refused'
          : 'failed',
        detail: {
          invitationId: invitation.id,
          kind,
          ...failureDetail(error),
          correlationId: end.correlationId,
          claimedTenantId: found.claimedTenantId,
        },
      },
      tx,
    )
  })
  return end
}

/** What we found ourselves, in the shape in which failures are kept. */
function ownFailure(kind: OutcomeKind, end: ConsentOutcome, detail: string | undefined, at: Date): Failure {
  const message = {
    wrong_tenant: 'The request was approved, or the sign-in made, in another tenant than the link is for.',
    tenant_taken: 'The tenant is already connected under another customer name.',
  }[kind as string]
  const remedy = {
    wrong_tenant: 'Ask the customer to open the link again with an administrator of the right organization.',
    guest:
      'Connect the tenant directly: a guest’s sign-in can never prove an approval. An administrator with an account of the tenant can use the link.',
    not_admin:
      'Ask an administrator of the customer to open the link; for a custom role, pin it to the tenant.',
    tenant_taken:
      'Look the tenant up by its id. Use that customer’s name for the link, or offboard the tenant there first.',
  }[kind as string]
  return {
    ...namedFailure('bad_answer', { service: 'entra', at, message: message ?? detail ?? end.cause }),
    code: kind === 'failed' ? 'bad_answer' : kind,
    remedy: remedy ?? 'Ask the customer to open the link again.',
    permanent: true,
    whoseMove: kind === 'guest' ? 'partner' : 'customer',
  }
}
