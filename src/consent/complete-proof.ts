import type { Transaction } from '../audit/store.ts'
import { AppError, RemoteError } from '../errors.ts'
import { beginVerificationRun } from '../tenants/check-store.ts'
import { errorColumns } from '../tenants/health-store.ts'
import { addTenantEvent, createTenantIfAbsent, findTenant, updateTenant } from '../tenants/store.ts'
import { type AuthorizeRedirect, readAuthorizeRedirect } from '../tokens/authorization-code.ts'
import type { Identity } from '../tokens/index.ts'
import { readCorrelationId } from './admin-consent.ts'
import { endRefused, refuseAnswer } from './attempt-check.ts'
import { customerActor } from './customer-actor.ts'
import { endJourney } from './end-journey.ts'
import type { FlowParts } from './flow-parts.ts'
import { answerableStatuses } from './invitation-status.ts'
import { type JourneyEnd, journeyEnd, kindOf } from './journey.ts'
import { doubtAbout } from './proof-doubt.ts'
import { hashOf, proofNonce, proofVerifier } from './secrets.ts'
import {
  type AttemptRecord,
  addInvitationEvent,
  findAttemptByProofState,
  findInvitation,
  hasOtherTenants,
  type InvitationRecord,
  linkInvitation,
  moveInvitation,
  useProofState,
  writeAttemptOutcome,
} from './store.ts'

/**
 * Takes Microsoft's answer to the admin's sign-in right after the consent. It
 * proves that the same browser's user can sign in to the tenant that the
 * consent named; only then does the tenant get a row.
 *
 * That the person is an administrator there cannot always be known: the
 * registration has to ask for the claim that lists directory roles. A link
 * that was pinned to the tenant beforehand needs no more; for one that was
 * not, whatever speaks against the person counts.
 */
export async function completeProof(
  parts: FlowParts,
  redirect: URLSearchParams,
  browserId: string | null,
): Promise<JourneyEnd> {
  const { db, requiredRoles } = parts
  const at = parts.now()
  const answer = readAuthorizeRedirect(redirect)
  const attempt = answer.state ? await findAttemptByProofState(db, hashOf(answer.state)) : null
  const refusal = refuseAnswer(attempt, {
    browserHash: hashOf(browserId ?? ''),
    usedAt: attempt?.proofUsedAt,
    expiresAt: attempt?.proofExpiresAt,
    now: at,
  })
  if (!attempt?.claimedTenantId || refusal) return endRefused(parts, attempt, refusal ?? 'forged')
  if (!(await useProofState(db, attempt.id, at))) return endRefused(parts, attempt, 'used')

  const tenantId = attempt.claimedTenantId
  const identity = await identify(parts, attempt, tenantId, answer, redirect)
  if ('kind' in identity) return identity
  const doubt = attempt.invitation.pinnedTenantId === null ? doubtAbout(identity, requiredRoles) : null
  if (doubt) return endJourney(parts, attempt, doubt.kind, { ...doubt, claimedTenantId: tenantId })

  const domain = await domainOf(parts, tenantId, identity.username, attempt.invitation.pinnedDomain)
  const bound = await db.$transaction(tx => bind(tx, parts, attempt, identity, domain))
  if (bound.outcome === 'tenant_taken') {
    return endJourney(parts, attempt, 'tenant_taken', { claimedTenantId: tenantId })
  }
  if (bound.outcome === 'link_ended') {
    const invitation = await findInvitation(db, attempt.invitationId)
    return endRefused(parts, attempt, invitation?.status === 'verified' ? 'used' : 'revoked')
  }

  parts.dropTokens(tenantId)
  await parts.enqueueVerification(tenantId, bound.run, 0)
  return journeyEnd('approved', requiredRoles, { customerName: attempt.invitation.customer.name, tenantId })
}

/** Who signed in, or how the journey ended instead. */
async function identify(
  parts: FlowParts,
  attempt: AttemptRecord,
  tenantId: string,
  answer: AuthorizeRedirect,
  redirect: URLSearchParams,
): Promise<Identity | JourneyEnd> {
  if (answer.kind === 'malformed') {
    return endJourney(parts, attempt, 'failed', { code: 'bad_answer', detail: answer.problem })
  }
  if (answer.kind === 'refused') {
    const { failure } = answer
    const correlationId = readCorrelationId(redirect.get('error_description') ?? '')
    // The approval stands; cancelling the sign-in takes nothing back.
    const kind = failure.code === 'declined' ? 'proof_incomplete' : kindOf(failure)
    return endJourney(parts, attempt, kind === 'failed' ? 'proof_incomplete' : kind, {
      failure,
      correlationId,
    })
  }

  const state = answer.state ?? ''
  try {
    return await parts.signIn.complete({
      tenantId,
      code: answer.code,
      redirectUri: `${parts.publicUrl}/consent/proof`,
      codeVerifier: proofVerifier(parts.key, state),
      nonce: proofNonce(parts.key, state),
    })
  } catch (error) {
    if (error instanceof RemoteError)
      return endJourney(parts, attempt, 'proof_incomplete', { failure: error.failure })
    if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error
    const isOther = error.details.reason === 'wrong_tenant' || error.details.reason === 'wrong_issuer'
    return endJourney(parts, attempt, isOther ? 'wrong_tenant' : 'failed', {
      code: 'id_token_refused',
      detail: error.message,
      claimedTenantId: tenantId,
    })
  }
}

type Bound = { outcome: 'connected'; run: number } | { outcome: 'link_ended' } | { outcome: 'tenant_taken' }

/** Makes or renews the tenant's row, unless the link was withdrawn or the tenant is somebody else's by now. */
async function bind(
  tx: Transaction,
  parts: FlowParts,
  attempt: AttemptRecord,
  identity: Identity,
  domain: string | null,
): Promise<Bound> {
  const at = parts.now()
  const { invitation } = attempt
  const { tenantId } = identity
  const consent = {
    consentedAt: at,
    consentedByObjectId: identity.objectId,
    consentedByUsername: identity.username,
  }

  const before = await findTenant(tx, tenantId)
  if (before && before.customerId !== invitation.customerId) return { outcome: 'tenant_taken' }

  // First of all: a link that was withdrawn meanwhile must not leave a tenant behind.
  const isLive = await moveInvitation(tx, invitation.id, {
    from: answerableStatuses,
    to: 'consented',
    where: { OR: [{ tenantId: null }, { status: 'failed' }] },
    error: null,
    at,
  })
  if (!isLive) return { outcome: 'link_ended' }

  const name = before?.name ?? (await nameFor(tx, invitation, tenantId, domain))
  if (before) {
    // A tenant that works goes on working while the renewed consent is verified.
    const works = before.status === 'connected' || before.status === 'degraded'
    await updateTenant(tx, tenantId, {
      ...consent,
      ...(domain ? { domain } : {}),
      ...(works ? {} : { status: 'verifying', ...errorColumns(null, at) }),
    })
  } else {
    const cloud = invitation.cloud ?? parts.endpoints.cloud.name
    const row = { id: tenantId, customerId: invitation.customerId, name, domain, cloud, ...consent }
    // Two links may prove one tenant at the same moment; whoever comes second finds it there.
    const isNew = await createTenantIfAbsent(tx, { ...row, status: 'verifying' })
    if (!isNew && (await findTenant(tx, tenantId))?.customerId !== invitation.customerId) {
      return { outcome: 'tenant_taken' }
    }
  }
  await linkInvitation(tx, invitation.id, tenantId)
  const run = await beginVerificationRun(tx, tenantId, at)

  const who = identity.username ?? identity.objectId
  await addInvitationEvent(tx, invitation.id, {
    type: 'proven',
    detail: `${who} signed in to ${domain ?? tenantId}`,
    at,
  })
  await writeAttemptOutcome(tx, attempt.id, {
    outcome: 'granted',
    provenAt: at,
    objectId: identity.objectId,
    username: identity.username,
  })
  await addTenantEvent(tx, tenantId, {
    type: before ? 'consent_renewed' : 'consented',
    detail: `approved and proven by ${who}`,
    data: { objectId: identity.objectId, invitationId: invitation.id },
    at,
  })
  await parts.audit.record(
    {
      actor: customerActor(invitation, identity),
      action: 'consent.proven',
      tenantId,
      tenantName: name,
      target: invitation.customer.name,
      detail: { invitationId: invitation.id, renewed: before !== null },
    },
    tx,
  )
  return { outcome: 'connected', run }
}

/** A customer's second tenant is told from the first by its domain. */
async function nameFor(
  tx: Transaction,
  invitation: InvitationRecord,
  tenantId: string,
  domain: string | null,
) {
  const { name } = invitation.customer
  const hasOthers = await hasOtherTenants(tx, invitation.customerId, tenantId)
  return hasOthers ? `${name} (${domain ?? tenantId.slice(0, 8)})` : name
}

/**
 * The tenant's domain for people to recognise it by. The part of the user name
 * after the `@` counts only if discovery says that it is this tenant's: a
 * guest's is not.
 */
async function domainOf(
  parts: FlowParts,
  tenantId: string,
  username: string | null,
  pinnedDomain: string | null,
): Promise<string | null> {
  if (pinnedDomain) return pinnedDomain
  const candidate = username?.split('@')[1]
  if (!candidate) return null
  try {
    const found = await parts.resolveTenant(candidate)
    return found.tenantId === tenantId ? found.domain : null
  } catch (error) {
    // Only for display: whatever discovery says against it, the connection stands.
    if (error instanceof AppError || error instanceof RemoteError) return null
    throw error
  }
}
