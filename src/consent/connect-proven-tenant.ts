import type { Transaction } from '../audit/store.ts'
import { answerableStatuses } from '../invitations/invitation-status.ts'
import {
  addInvitationEvent,
  hasOtherTenants,
  type InvitationRecord,
  linkInvitation,
  moveInvitation,
} from '../invitations/store.ts'
import type { Actor } from '../tenants/actor.ts'
import { readStoredContact } from '../tenants/contact.ts'
import { errorColumns } from '../tenants/health/health-store.ts'
import { addTenantEvent, createTenantIfAbsent, findTenant, updateTenant } from '../tenants/store.ts'
import { beginVerificationRun } from '../verification/check-store.ts'
import type { ConsentDeps } from './deps.ts'
import { approverName, type ConsentProof } from './proof.ts'

/** `run` is the verification that begins; nothing is written unless the outcome is `connected`. */
export type Connected =
  | { outcome: 'connected'; run: number }
  | { outcome: 'link_ended' }
  | { outcome: 'tenant_taken' }

/**
 * Makes or renews the row of a tenant whose consent is proven, unless the link
 * was withdrawn or the tenant belongs to another customer by now.
 *
 * @param actor whose act connects it: the customer's administrator, or staff who confirmed
 */
export async function connectProvenTenant(
  tx: Transaction,
  deps: ConsentDeps,
  invitation: InvitationRecord,
  proof: ConsentProof,
  actor: Actor,
): Promise<Connected> {
  const at = deps.now()
  const { tenantId, domain } = proof
  const consent = {
    consentedAt: at,
    consentedByObjectId: proof.objectId,
    consentedByUsername: proof.username,
    consentedByAdmin: proof.administrator,
  }

  const before = await findTenant(tx, tenantId)
  if (before && before.customerId !== invitation.customerId) return { outcome: 'tenant_taken' }

  // First of all: a link that was withdrawn meanwhile must not leave a tenant behind.
  const isLive = await moveInvitation(tx, invitation.id, {
    from: answerableStatuses,
    to: 'consented',
    where: { OR: [{ tenantId: null }, { status: 'failed' }] },
    error: null,
    proof: null,
    at,
  })
  if (!isLive) return { outcome: 'link_ended' }

  const contact = readStoredContact(invitation.contact)
  const name = before?.name ?? (await nameFor(tx, invitation, tenantId, domain))
  if (before) {
    // A tenant that works goes on working while the renewed consent is verified.
    const works = before.status === 'connected' || before.status === 'degraded'
    await updateTenant(tx, tenantId, {
      ...consent,
      ...(before.contact === null && contact ? { contact } : {}),
      ...(domain ? { domain } : {}),
      ...(works ? {} : { status: 'verifying', ...errorColumns(null, at) }),
    })
  } else {
    const cloud = invitation.cloud ?? proof.cloud ?? deps.endpoints.cloud.name
    const { customerId, tags } = invitation
    const row = {
      id: tenantId,
      customerId,
      name,
      domain,
      cloud,
      tags,
      ...(contact && { contact }),
      ...consent,
    }
    // Two links may prove one tenant at the same moment; whoever comes second finds it there.
    const isNew = await createTenantIfAbsent(tx, { ...row, status: 'verifying' })
    if (!isNew && (await findTenant(tx, tenantId))?.customerId !== invitation.customerId) {
      return { outcome: 'tenant_taken' }
    }
  }
  await linkInvitation(tx, invitation.id, tenantId)
  const run = await beginVerificationRun(tx, tenantId, at)

  const who = approverName(proof)
  const isConfirmed = actor.kind !== 'customer'
  await addInvitationEvent(tx, invitation.id, {
    type: isConfirmed ? 'confirmed' : 'proven',
    detail: isConfirmed
      ? `${actor.label} confirmed ${who} for ${domain ?? tenantId}`
      : `${who} signed in to ${domain ?? tenantId}`,
    at,
  })
  await addTenantEvent(tx, tenantId, {
    type: before ? 'consent_renewed' : 'consented',
    detail: isConfirmed ? `proven by ${who}, confirmed by ${actor.label}` : `approved and proven by ${who}`,
    data: { objectId: proof.objectId, invitationId: invitation.id, administrator: proof.administrator },
    at,
  })
  await deps.audit.record(
    {
      actor,
      action: isConfirmed ? 'consent.confirmed' : 'consent.proven',
      tenantId,
      tenantName: name,
      target: invitation.customer.name,
      detail: {
        invitationId: invitation.id,
        renewed: before !== null,
        signedIn: who,
        administrator: proof.administrator,
      },
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
