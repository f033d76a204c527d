import { isUsed } from '../invitations/invitation-status.ts'
import { type CustomerPage, toCustomerPage } from '../invitations/invitation-view.ts'
import { hashOf } from '../invitations/link-token.ts'
import {
  expireInvitations,
  findInvitationByToken,
  type InvitationRecord,
  moveInvitation,
} from '../invitations/store.ts'
import type { RoleKey } from '../microsoft/roles/roles.ts'
import { findTenant } from '../tenants/store.ts'
import { type ConsentOutcome, consentOutcome } from './consent-outcome.ts'
import type { ConsentDeps } from './deps.ts'

/** The invitation behind a link, or the page for a link that leads nowhere. */
export async function findLink(
  { db, askedRoles, now }: ConsentDeps,
  token: string,
): Promise<{ invitation: InvitationRecord } | { end: ConsentOutcome }> {
  await expireInvitations(db, now())
  const isToken = /^[\w-]{43}$/.test(token)
  const invitation = isToken ? await findInvitationByToken(db, hashOf(token)) : null
  if (!invitation) return { end: consentOutcome('unknown_link', askedRoles) }

  const details = { customerName: invitation.customer.name }
  if (isUsed(invitation)) return { end: consentOutcome('used', askedRoles, details) }
  if (invitation.status === 'revoked') return { end: consentOutcome('revoked', askedRoles, details) }
  if (invitation.status === 'expired' || invitation.expiresAt <= now()) {
    return { end: consentOutcome('expired', askedRoles, details) }
  }
  return { invitation }
}

/**
 * What the customer's page shows.
 *
 * @param isVisit false for HEAD requests and previews: they leave no trace
 */
export async function openLink(
  deps: ConsentDeps,
  token: string,
  isVisit: boolean,
): Promise<{ kind: 'page'; page: CustomerPage } | { kind: 'end'; end: ConsentOutcome }> {
  const { db, askedRoles } = deps
  const found = await findLink(deps, token)
  if ('end' in found) return { kind: 'end', end: found.end }

  const { invitation } = found
  if (isVisit && invitation.status === 'created') {
    const at = deps.now()
    await db.$transaction(tx =>
      moveInvitation(tx, invitation.id, {
        from: ['created'],
        to: 'opened',
        change: { openedAt: at },
        event: { type: 'opened' },
        at,
      }),
    )
  }
  const pinned = invitation.pinnedTenantId ? await findTenant(db, invitation.pinnedTenantId) : null
  const granted = pinned?.customerId === invitation.customerId ? (pinned.rolesGranted as RoleKey[]) : null
  return { kind: 'page', page: toCustomerPage(invitation, askedRoles, granted) }
}
