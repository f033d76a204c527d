import { AppError, RemoteError } from '../errors.ts'
import { deriveSecret } from '../installation/key.ts'
import { hashOf } from '../invitations/link-token.ts'
import { findInvitation } from '../invitations/store.ts'
import { type AuthorizeRedirect, readAuthorizeRedirect } from '../microsoft/tokens/authorization-code.ts'
import type { Identity } from '../microsoft/tokens/index.ts'
import { findTenant } from '../tenants/store.ts'
import { readCorrelationId } from './admin-consent.ts'
import { checkApprover } from './approvers.ts'
import {
  type AttemptRecord,
  findAttemptByProofState,
  useProofState,
  writeAttemptOutcome,
} from './attempt-store.ts'
import { awaitConfirmation } from './confirmation.ts'
import { type Connected, connectProvenTenant } from './connect-proven-tenant.ts'
import { type ConsentOutcome, consentOutcome, kindOf } from './consent-outcome.ts'
import type { ConsentDeps } from './deps.ts'
import { endConsent, endRefused, refuseAnswer } from './end-consent.ts'
import { approverName, type ConsentProof, customerActor } from './proof.ts'

/** Where the sign-in that proves a consent leads: to the tenant that the consent named. */
export function proofSignInUrl(deps: ConsentDeps, tenant: string, state: string): URL {
  return deps.signIn.authorizeUrl({ tenant, state, ...proofSecrets(deps, state) })
}

/** What both ends of the sign-in must agree on. No row holds it: it derives from the key and the `state`. */
function proofSecrets({ key, publicUrl }: Pick<ConsentDeps, 'key' | 'publicUrl'>, state: string) {
  return {
    redirectUri: `${publicUrl}/consent/proof`,
    codeVerifier: proofVerifier(key, state),
    nonce: proofNonce(key, state),
  }
}

/** PKCE verifier of the sign-in that proves a consent. */
export function proofVerifier(key: Buffer, state: string): string {
  return deriveSecret(key, 'proof verifier', state)
}

/** Nonce of the same sign-in. */
export function proofNonce(key: Buffer, state: string): string {
  return deriveSecret(key, 'proof nonce', state)
}

/**
 * Takes Microsoft's answer to the admin's sign-in right after the consent. It
 * proves that the same browser's user can sign in to the tenant that the
 * consent named; only then does the tenant get a row.
 *
 * A link that was pinned to the tenant beforehand connects it. One that was
 * not connects only when the ID token shows a role that can approve: else any
 * member could attach a tenant that consented before to a customer name of
 * somebody's choice. Staff then decide (`confirming`).
 */
export async function completeProof(
  deps: ConsentDeps,
  redirect: URLSearchParams,
  browserId: string | null,
): Promise<ConsentOutcome> {
  const { db, askedRoles } = deps
  const at = deps.now()
  const answer = readAuthorizeRedirect(redirect, 'proof_sign_in')
  const attempt = answer.state ? await findAttemptByProofState(db, hashOf(answer.state)) : null
  const refusal = refuseAnswer(attempt, {
    browserHash: hashOf(browserId ?? ''),
    usedAt: attempt?.proofUsedAt,
    expiresAt: attempt?.proofExpiresAt,
    now: at,
  })
  if (!attempt?.claimedTenantId || refusal) return endRefused(deps, attempt, refusal ?? 'forged')
  if (!(await useProofState(db, attempt.id, at))) return endRefused(deps, attempt, 'used')

  const tenantId = attempt.claimedTenantId
  const identity = await identify(deps, attempt, tenantId, answer, redirect)
  if ('kind' in identity) return identity

  const { invitation } = attempt
  const isOpen = invitation.pinnedTenantId === null
  const { isGuest, administrator } = checkApprover(identity, askedRoles)
  if (isOpen && isGuest) {
    // Such a link leads whoever approves to the tenant that is their home.
    return endConsent(deps, attempt, 'guest', {
      code: 'guest_account',
      detail: `${approverName(identity)} is only a guest in the tenant that approved.`,
      claimedTenantId: tenantId,
    })
  }

  const proof: ConsentProof = {
    tenantId,
    domain: await domainOf(deps, tenantId, identity.username, invitation.pinnedDomain),
    cloud: invitation.cloud ?? (await cloudOf(deps, tenantId)),
    objectId: identity.objectId,
    username: identity.username,
    administrator,
    at: at.toISOString(),
  }
  if (isOpen && administrator !== true) {
    const known = await findTenant(db, tenantId)
    if (known && known.customerId !== invitation.customerId) return endTaken(deps, attempt, tenantId)
    const end = await awaitConfirmation(deps, invitation, attempt.id, proof)
    return end ?? endOvertaken(deps, attempt)
  }

  const connected = await db.$transaction(async (tx): Promise<Connected> => {
    const actor = customerActor(invitation, deps.from, proof)
    const outcome = await connectProvenTenant(tx, deps, invitation, proof, actor)
    if (outcome.outcome === 'connected') {
      await writeAttemptOutcome(tx, attempt.id, {
        outcome: 'granted',
        provenAt: at,
        objectId: proof.objectId,
        username: proof.username,
      })
    }
    return outcome
  })
  if (connected.outcome === 'tenant_taken') return endTaken(deps, attempt, tenantId)
  if (connected.outcome === 'link_ended') return endOvertaken(deps, attempt)

  deps.dropTokens(tenantId)
  await deps.enqueueVerification(tenantId, connected.run, 0)
  return consentOutcome('approved', askedRoles, { customerName: invitation.customer.name, tenantId })
}

function endTaken(
  deps: ConsentDeps,
  attempt: AttemptRecord,
  claimedTenantId: string,
): Promise<ConsentOutcome> {
  return endConsent(deps, attempt, 'tenant_taken', { claimedTenantId })
}

/** The link was withdrawn, or led to a tenant, while the person was at Microsoft. */
async function endOvertaken(deps: ConsentDeps, attempt: AttemptRecord): Promise<ConsentOutcome> {
  const invitation = await findInvitation(deps.db, attempt.invitationId)
  return endRefused(deps, attempt, invitation?.status === 'verified' ? 'used' : 'revoked')
}

/** Who signed in, or how the consent ended instead. */
async function identify(
  deps: ConsentDeps,
  attempt: AttemptRecord,
  tenantId: string,
  answer: AuthorizeRedirect,
  redirect: URLSearchParams,
): Promise<Identity | ConsentOutcome> {
  if (answer.kind === 'malformed') {
    return endConsent(deps, attempt, 'failed', { code: 'bad_answer', detail: answer.problem })
  }
  if (answer.kind === 'refused') {
    const { failure } = answer
    const correlationId = readCorrelationId(redirect.get('error_description') ?? '')
    // The approval stands; cancelling the sign-in takes nothing back.
    const kind = failure.code === 'declined' ? 'proof_incomplete' : kindOf(failure)
    return endConsent(deps, attempt, kind === 'failed' ? 'proof_incomplete' : kind, {
      failure,
      correlationId,
    })
  }

  try {
    return await deps.signIn.complete({
      tenantId,
      place: 'proof_sign_in',
      code: answer.code,
      ...proofSecrets(deps, answer.state ?? ''),
    })
  } catch (error) {
    if (error instanceof RemoteError)
      return endConsent(deps, attempt, 'proof_incomplete', { failure: error.failure })
    if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error
    const isOther = error.details.reason === 'wrong_tenant' || error.details.reason === 'wrong_issuer'
    return endConsent(deps, attempt, isOther ? 'wrong_tenant' : 'failed', {
      code: 'id_token_refused',
      detail: error.message,
      claimedTenantId: tenantId,
    })
  }
}

/**
 * The tenant's domain for people to recognise it by. The part of the user name
 * after the `@` counts only if discovery says that it is this tenant's: a
 * guest's is not.
 */
async function domainOf(
  deps: ConsentDeps,
  tenantId: string,
  username: string | null,
  pinnedDomain: string | null,
): Promise<string | null> {
  if (pinnedDomain) return pinnedDomain
  const candidate = username?.split('@')[1]
  if (!candidate) return null
  try {
    const found = await deps.resolveTenant(candidate)
    return found.tenantId === tenantId ? found.domain : null
  } catch (error) {
    // Only for display: whatever discovery says against it, the connection stands.
    if (error instanceof AppError || error instanceof RemoteError) return null
    throw error
  }
}

/** The cloud of a tenant that no link was pinned to. */
async function cloudOf(deps: ConsentDeps, tenantId: string): Promise<string | null> {
  try {
    return (await deps.resolveTenant(tenantId)).cloud
  } catch (error) {
    if (error instanceof AppError || error instanceof RemoteError) return null
    throw error
  }
}
