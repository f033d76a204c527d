import type { RoleKey } from '../tenants/roles.ts'
import { findTenant } from '../tenants/store.ts'
import { writeAdminConsentUrl } from './admin-consent.ts'
import { completeConsent } from './complete-consent.ts'
import { completeProof } from './complete-proof.ts'
import { customerActor } from './customer-actor.ts'
import { attemptMs, type FlowParts, type JourneyStep } from './flow-parts.ts'
import { type InvitationStatus, isUsed, liveStatuses } from './invitation-status.ts'
import { type CustomerPage, toCustomerPage } from './invitation-view.ts'
import { type JourneyEnd, journeyEnd } from './journey.ts'
import { type VerificationProgress, verificationProgress } from './progress.ts'
import { hashOf, newState } from './secrets.ts'
import {
  createAttempt,
  expireInvitations,
  findInvitationByToken,
  type InvitationRecord,
  moveInvitation,
} from './store.ts'

export type ConsentFlow = {
  /**
   * The customer opened the link.
   *
   * @param isVisit false for HEAD requests and previews: they leave no trace
   */
  open(
    token: string,
    isVisit: boolean,
  ): Promise<{ kind: 'page'; page: CustomerPage } | { kind: 'end'; end: JourneyEnd }>
  /**
   * The customer pressed Continue: on to Microsoft.
   *
   * @param browserId random value of a cookie that comes back with the redirect
   */
  start(token: string, browserId: string): Promise<JourneyStep>
  /** Microsoft's answer to the consent request; a grant leads on to the sign-in that proves it. */
  completeConsent(redirect: URLSearchParams, browserId: string | null): Promise<JourneyStep>
  /** Microsoft's answer to that sign-in; `approved` when the tenant is proven and its verification has begun. */
  completeProof(redirect: URLSearchParams, browserId: string | null): Promise<JourneyEnd>
  /** How far the check after an approval is; null when the tenant was offboarded meanwhile. */
  progress(tenantId: string): Promise<VerificationProgress | null>
}

export function createConsentFlow(options: Omit<FlowParts, 'now'> & { now?: () => Date }): ConsentFlow {
  const parts: FlowParts = { ...options, now: options.now ?? (() => new Date()) }
  const { db, audit, requiredRoles, now } = parts

  async function findLink(token: string): Promise<{ invitation: InvitationRecord } | { end: JourneyEnd }> {
    await expireInvitations(db, now())
    const isToken = /^[\w-]{43}$/.test(token)
    const invitation = isToken ? await findInvitationByToken(db, hashOf(token)) : null
    if (!invitation) return { end: journeyEnd('unknown_link', requiredRoles) }

    const facts = { customerName: invitation.customer.name }
    if (isUsed(invitation)) return { end: journeyEnd('used', requiredRoles, facts) }
    if (invitation.status === 'revoked') return { end: journeyEnd('revoked', requiredRoles, facts) }
    if (invitation.status === 'expired' || invitation.expiresAt <= now()) {
      return { end: journeyEnd('expired', requiredRoles, facts) }
    }
    return { invitation }
  }

  async function start(token: string, browserId: string): Promise<JourneyStep> {
    const found = await findLink(token)
    if ('end' in found) return { kind: 'end', end: found.end }

    const { invitation } = found
    const state = newState()
    const at = now()
    const startable: InvitationStatus[] = liveStatuses
    const started = await db.$transaction(async tx => {
      const moved = await moveInvitation(tx, invitation.id, {
        from: startable,
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
          actor: customerActor(invitation),
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
    if (!started) return start(token, browserId)

    const url = writeAdminConsentUrl({
      endpoints: parts.endpoints,
      clientId: parts.clientId,
      tenantId: invitation.pinnedTenantId,
      redirectUri: `${parts.publicUrl}/consent/callback`,
      state,
      requiredRoles,
    })
    return { kind: 'redirect', url }
  }

  return {
    async open(token, isVisit) {
      const found = await findLink(token)
      if ('end' in found) return { kind: 'end', end: found.end }

      const { invitation } = found
      if (isVisit && invitation.status === 'created') {
        const at = now()
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
      return { kind: 'page', page: toCustomerPage(invitation, requiredRoles, granted) }
    },

    start,

    completeConsent: (redirect, browserId) => completeConsent(parts, redirect, browserId),
    completeProof: (redirect, browserId) => completeProof(parts, redirect, browserId),

    async progress(tenantId) {
      const tenant = await findTenant(db, tenantId)
      return tenant ? verificationProgress(tenant) : null
    },
  }
}
