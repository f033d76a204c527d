import { findTenant } from '../tenants/store.ts'
import { readAdminConsent } from './admin-consent.ts'
import { endRefused, refuseAnswer } from './attempt-check.ts'
import { endJourney } from './end-journey.ts'
import { attemptMs, type FlowParts, type JourneyStep } from './flow-parts.ts'
import { answerableStatuses } from './invitation-status.ts'
import { type JourneyEnd, kindOf } from './journey.ts'
import { hashOf, newState, proofNonce, proofVerifier } from './secrets.ts'
import { findAttemptByConsentState, moveInvitation, useConsentState } from './store.ts'

/**
 * Takes Microsoft's answer to the consent request. `state` is looked at before
 * anything else, and used up by whatever comes with it.
 *
 * @param redirect query parameters exactly as received; nothing signs them
 * @param browserId the cookie of the browser that came back, null when it has none
 */
export async function completeConsent(
  parts: FlowParts,
  redirect: URLSearchParams,
  browserId: string | null,
): Promise<JourneyStep> {
  const { db } = parts
  const at = parts.now()
  const consent = readAdminConsent(redirect, at)
  const attempt = consent.state ? await findAttemptByConsentState(db, hashOf(consent.state)) : null
  const refusal = refuseAnswer(attempt, {
    browserHash: hashOf(browserId ?? ''),
    usedAt: attempt?.consentUsedAt,
    expiresAt: attempt?.expiresAt,
    now: at,
  })
  if (!attempt || refusal) return endOf(await endRefused(parts, attempt, refusal ?? 'forged'))

  if (consent.kind !== 'granted') {
    if (!(await useConsentState(db, attempt.id, { consentUsedAt: at })))
      return endOf(await endRefused(parts, attempt, 'used'))
    if (consent.kind === 'malformed') {
      return endOf(
        await endJourney(parts, attempt, 'failed', { code: 'bad_answer', detail: consent.problem }),
      )
    }
    const { failure, correlationId } = consent
    return endOf(await endJourney(parts, attempt, kindOf(failure), { failure, correlationId }))
  }

  const { invitation } = attempt
  const known = await findTenant(db, consent.tenantId)
  const isWrong = invitation.pinnedTenantId !== null && invitation.pinnedTenantId !== consent.tenantId
  const isTaken = known !== null && known.customerId !== invitation.customerId
  if (isWrong || isTaken) {
    const change = { consentUsedAt: at, claimedTenantId: consent.tenantId }
    if (!(await useConsentState(db, attempt.id, change)))
      return endOf(await endRefused(parts, attempt, 'used'))
    return endOf(
      await endJourney(parts, attempt, isWrong ? 'wrong_tenant' : 'tenant_taken', {
        claimedTenantId: consent.tenantId,
      }),
    )
  }

  const state = newState()
  const outcome = await db.$transaction(async tx => {
    const isFirst = await useConsentState(tx, attempt.id, {
      consentUsedAt: at,
      claimedTenantId: consent.tenantId,
      proofStateHash: hashOf(state),
      proofExpiresAt: new Date(at.getTime() + attemptMs),
    })
    if (!isFirst) return 'used' as const
    const isMoved = await moveInvitation(tx, invitation.id, {
      from: answerableStatuses,
      to: 'consented',
      where: { OR: [{ tenantId: null }, { status: 'failed' }] },
      error: null,
      event: { type: 'consented', detail: `Microsoft reported the approval for tenant ${consent.tenantId}` },
      at,
    })
    return isMoved ? ('granted' as const) : ('used' as const)
  })
  if (outcome === 'used') return endOf(await endRefused(parts, attempt, 'used'))

  // The redirect is a hint. The admin's own sign-in in that tenant is what proves it.
  const url = parts.signIn.authorizeUrl({
    tenant: consent.tenantId,
    redirectUri: `${parts.publicUrl}/consent/proof`,
    state,
    nonce: proofNonce(parts.key, state),
    codeVerifier: proofVerifier(parts.key, state),
  })
  return { kind: 'redirect', url }
}

function endOf(end: JourneyEnd): JourneyStep {
  return { kind: 'end', end }
}
