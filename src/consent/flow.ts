import { randomBytes } from 'node:crypto'
import { answerableStatuses, liveStatuses } from '../invitations/invitation-status.ts'
import type { CustomerPage } from '../invitations/invitation-view.ts'
import { hashOf } from '../invitations/link-token.ts'
import { moveInvitation } from '../invitations/store.ts'
import type { Actor, RequestOrigin } from '../tenants/actor.ts'
import { findTenant } from '../tenants/store.ts'
import { type VerificationProgress, verificationProgress } from '../verification/progress.ts'
import { readAdminConsent, writeAdminConsentUrl } from './admin-consent.ts'
import { createAttempt, findAttemptByConsentState, useConsentState } from './attempt-store.ts'
import { completeProof, proofSignInUrl } from './complete-proof.ts'
import { decideConfirmation } from './confirmation.ts'
import { type ConsentOutcome, kindOf } from './consent-outcome.ts'
import { attemptMs, type ConsentDeps, type ConsentStep } from './deps.ts'
import { endConsent, endRefused, refuseAnswer } from './end-consent.ts'
import { findLink, openLink } from './open-link.ts'
import { customerActor } from './proof.ts'

/**
 * A consent from the customer's link to the begin of its verification, in the
 * order of its steps: `open` and `start` here, Microsoft's consent page, then
 * `completeConsent` here, Microsoft's sign-in, and `completeProof` in a file of
 * its own. `state` goes along: a fresh one for each way to Microsoft, of which
 * only the hash is stored, and which is used up by the first answer.
 */
export type ConsentFlow = {
  /**
   * The customer opened the link.
   *
   * @param isVisit false for HEAD requests and previews: they leave no trace
   */
  open(
    token: string,
    isVisit: boolean,
  ): Promise<{ kind: 'page'; page: CustomerPage } | { kind: 'end'; end: ConsentOutcome }>
  /**
   * The customer pressed Continue: on to Microsoft.
   *
   * @param browserId random value of a cookie that comes back with the redirect
   */
  start(token: string, browserId: string, from?: RequestOrigin): Promise<ConsentStep>
  /** Microsoft's answer to the consent request; a grant leads on to the sign-in that proves it. */
  completeConsent(
    redirect: URLSearchParams,
    browserId: string | null,
    from?: RequestOrigin,
  ): Promise<ConsentStep>
  /** Microsoft's answer to that sign-in; `approved` when the tenant is proven and its verification has begun. */
  completeProof(
    redirect: URLSearchParams,
    browserId: string | null,
    from?: RequestOrigin,
  ): Promise<ConsentOutcome>
  /**
   * Staff's answer to somebody who signed in through an open link and is not
   * known to be an administrator: true connects the tenant, false refuses it.
   *
   * @throws AppError `forbidden`, `not_found`, `conflict` when nothing waits, `tenant_taken`
   */
  confirm(actor: Actor, invitationId: string, isConfirmed: boolean): Promise<void>
  /** How far the check after an approval is; null when the tenant was offboarded meanwhile. */
  progress(tenantId: string): Promise<VerificationProgress | null>
}

export function createConsentFlow(options: Omit<ConsentDeps, 'now'> & { now?: () => Date }): ConsentFlow {
  const deps: ConsentDeps = { ...options, now: options.now ?? (() => new Date()) }
  const withOrigin = (from: RequestOrigin | undefined): ConsentDeps => (from ? { ...deps, from } : deps)

  return {
    open: (token, isVisit) => openLink(deps, token, isVisit),
    start: (token, browserId, from) => startConsent(withOrigin(from), token, browserId),
    completeConsent: (redirect, browserId, from) => completeConsent(withOrigin(from), redirect, browserId),
    completeProof: (redirect, browserId, from) => completeProof(withOrigin(from), redirect, browserId),

    confirm: (actor, invitationId, isConfirmed) => decideConfirmation(deps, actor, invitationId, isConfirmed),

    async progress(tenantId) {
      const tenant = await findTenant(deps.db, tenantId)
      return tenant ? verificationProgress(tenant) : null
    },
  }
}

/** A fresh `state`: 32 random bytes. Base64url, as Entra strips anything that looks like HTML. */
function newState(): string {
  return randomBytes(32).toString('base64url')
}

/** Keeps that the customer sets out, and leads to Microsoft's consent page. */
async function startConsent(deps: ConsentDeps, token: string, browserId: string): Promise<ConsentStep> {
  const { db, audit, askedRoles } = deps
  const found = await findLink(deps, token)
  if ('end' in found) return { kind: 'end', end: found.end }

  const { invitation } = found
  const state = newState()
  const at = deps.now()
  const started = await db.$transaction(async tx => {
    const moved = await moveInvitation(tx, invitation.id, {
      from: liveStatuses,
      to: 'started',
      where: { OR: [{ tenantId: null }, { status: 'failed' }] },
      change: { openedAt: invitation.openedAt ?? at },
      event: { type: 'started' },
      at,
    })
    if (!moved) return false
    await createAttempt(tx, {
      invitationId: invitation.id,
      consentStateHash: hashOf(state),
      browserHash: hashOf(browserId),
      createdAt: at,
      expiresAt: new Date(at.getTime() + attemptMs),
    })
    await audit.record(
      {
        actor: customerActor(invitation, deps.from),
        action: 'consent.started',
        tenantId: invitation.pinnedTenantId,
        target: invitation.customer.name,
        detail: { invitationId: invitation.id },
      },
      tx,
    )
    return true
  })
  // Overtaken by another visit of the same link: look again.
  if (!started) return startConsent(deps, token, browserId)

  const url = writeAdminConsentUrl({
    endpoints: deps.endpoints.inCloud(invitation.cloud ?? ''),
    clientId: deps.clientId,
    tenantId: invitation.pinnedTenantId,
    redirectUri: `${deps.publicUrl}/consent/callback`,
    state,
    askedRoles,
  })
  return { kind: 'redirect', url }
}

/**
 * Takes Microsoft's answer to the consent request. `state` is looked at before
 * anything else, and used up by whatever comes with it.
 *
 * @param redirect query parameters exactly as received; nothing signs them
 * @param browserId the cookie of the browser that came back, null when it has none
 */
async function completeConsent(
  deps: ConsentDeps,
  redirect: URLSearchParams,
  browserId: string | null,
): Promise<ConsentStep> {
  const { db } = deps
  const at = deps.now()
  const consent = readAdminConsent(redirect, at)
  const attempt = consent.state ? await findAttemptByConsentState(db, hashOf(consent.state)) : null
  const refusal = refuseAnswer(attempt, {
    browserHash: hashOf(browserId ?? ''),
    usedAt: attempt?.consentUsedAt,
    expiresAt: attempt?.expiresAt,
    now: at,
  })
  if (!attempt || refusal) return endOf(await endRefused(deps, attempt, refusal ?? 'forged'))

  if (consent.kind !== 'granted') {
    if (!(await useConsentState(db, attempt.id, { consentUsedAt: at })))
      return endOf(await endRefused(deps, attempt, 'used'))
    if (consent.kind === 'malformed') {
      return endOf(await endConsent(deps, attempt, 'failed', { code: 'bad_answer', detail: consent.problem }))
    }
    const { failure, correlationId } = consent
    return endOf(await endConsent(deps, attempt, kindOf(failure), { failure, correlationId }))
  }

  const { invitation } = attempt
  const known = await findTenant(db, consent.tenantId)
  const isWrong = invitation.pinnedTenantId !== null && invitation.pinnedTenantId !== consent.tenantId
  const isTaken = known !== null && known.customerId !== invitation.customerId
  if (isWrong || isTaken) {
    const change = { consentUsedAt: at, claimedTenantId: consent.tenantId }
    if (!(await useConsentState(db, attempt.id, change)))
      return endOf(await endRefused(deps, attempt, 'used'))
    return endOf(
      await endConsent(deps, attempt, isWrong ? 'wrong_tenant' : 'tenant_taken', {
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
  if (outcome === 'used') return endOf(await endRefused(deps, attempt, 'used'))

  // The redirect is a hint. The admin's own sign-in in that tenant is what proves it.
  return { kind: 'redirect', url: proofSignInUrl(deps, consent.tenantId, state) }
}

function endOf(end: ConsentOutcome): ConsentStep {
  return { kind: 'end', end }
}
