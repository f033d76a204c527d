import type { RemoteFailure } from '../errors.ts'
import { namedFailure } from '../remote/named-failure.ts'
import { customerActor } from './customer-actor.ts'
import type { FlowParts } from './flow-parts.ts'
import { answerableStatuses } from './invitation-status.ts'
import { joinUrl } from './invitation-view.ts'
import { type JourneyEnd, type JourneyKind, journeyEnd } from './journey.ts'
import { type AttemptRecord, moveInvitation, writeAttemptOutcome } from './store.ts'

/**
 * Ends a journey that did not lead to a connection: outcome on the attempt,
 * state and timeline of the link, audit, and the page for the admin. The link
 * stays usable, so that the right person can try again.
 */
export async function endJourney(
  parts: FlowParts,
  attempt: AttemptRecord,
  kind: JourneyKind,
  facts: {
    failure?: RemoteFailure
    correlationId?: string | null
    code?: string
    /** For staff: what exactly was found. */
    detail?: string
    claimedTenantId?: string
  },
): Promise<JourneyEnd> {
  const { db, audit } = parts
  const at = parts.now()
  const { invitation } = attempt
  const end = journeyEnd(kind, parts.requiredRoles, {
    failure: facts.failure ?? null,
    correlationId: facts.correlationId ?? null,
    code: facts.code ?? (facts.failure ? null : kind),
    customerName: invitation.customer.name,
    retryUrl: kind === 'tenant_taken' ? null : joinUrl(parts, invitation.id),
  })
  const error = facts.failure ?? ownFailure(kind, end, facts.detail, at)
  const words = [error.message, end.code, facts.claimedTenantId && `tenant ${facts.claimedTenantId}`]

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
        actor: customerActor(invitation),
        action: kind === 'declined' ? 'consent.declined' : 'consent.failed',
        tenantId: invitation.pinnedTenantId,
        target: invitation.customer.name,
        result: ['declined', 'wrong_tenant', 'guest', 'tenant_taken'].includes(kind) ? 'refused' : 'failed',
        detail: {
          invitationId: invitation.id,
          kind,
          code: end.code,
          requestId: end.requestId,
          correlationId: end.correlationId,
          claimedTenantId: facts.claimedTenantId,
        },
      },
      tx,
    )
  })
  return end
}

/** What we found ourselves, in the shape in which failures are kept. */
function ownFailure(kind: JourneyKind, end: JourneyEnd, detail: string | undefined, at: Date): RemoteFailure {
  const message = {
    wrong_tenant: 'The request was approved, or the sign-in made, in another tenant than the link is for.',
    tenant_taken: 'The tenant is already connected under another customer name.',
  }[kind as string]
  const remedy = {
    wrong_tenant: 'Ask the customer to open the link again with an administrator of the right organization.',
    guest: 'Ask the customer to open the link again with an administrator whose account is at home there.',
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
    whoseMove: 'customer',
  }
}
