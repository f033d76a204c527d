import type { Transaction } from '../audit/store.ts'
import { AppError } from '../errors.ts'
import type { Actor } from '../tenants/actor.ts'
import { type InvitationStatus, liveStatuses } from './invitation-status.ts'
import { type InvitationRecord, moveInvitation } from './store.ts'

export const hourMs = 3_600_000
const defaultHours = 168

/**
 * For how long a link is valid.
 *
 * @throws AppError `invalid` unless they are 1 to 2160 whole hours; absent means 168
 */
export function readHours(hours: number | undefined): number {
  const value = hours ?? defaultHours
  if (!Number.isInteger(value) || value < 1 || value > 2160) {
    throw new AppError('invalid', 'a link is valid for 1 to 2160 whole hours (90 days)')
  }
  return value
}

/**
 * Ends a link before its time. One whose tenant is proven is no longer there
 * to be withdrawn, unless its verification failed.
 *
 * @returns false when nothing was left to withdraw
 */
export function withdraw(
  tx: Transaction,
  actor: Actor,
  invitation: InvitationRecord,
  at: Date,
): Promise<boolean> {
  return moveInvitation(tx, invitation.id, {
    from: liveStatuses,
    to: 'revoked',
    where: { OR: [{ tenantId: null }, { status: 'failed' }] },
    change: { endedAt: at },
    event: { type: 'revoked', detail: `by ${actor.label}` },
    at,
  })
}

/**
 * Moves the end of a link, also of one that has expired.
 *
 * @returns false when it was withdrawn or has led to a tenant
 */
export function extend(
  tx: Transaction,
  actor: Actor,
  invitation: InvitationRecord,
  expiresAt: Date,
  at: Date,
): Promise<boolean> {
  const status = invitation.status as InvitationStatus
  const revived: InvitationStatus = invitation.openedAt ? 'opened' : 'created'
  return moveInvitation(tx, invitation.id, {
    from: status === 'expired' ? ['expired'] : liveStatuses.filter(live => live === status),
    to: status === 'expired' ? revived : status,
    where: { tenantId: null },
    change: { expiresAt, endedAt: null },
    event: { type: 'extended', detail: `until ${expiresAt.toISOString()} by ${actor.label}` },
    at,
  })
}

/** What the audit keeps about an act on a link; never the link itself. */
export function auditOf(actor: Actor, action: string, invitation: InvitationRecord) {
  return {
    actor,
    action,
    tenantId: invitation.tenantId ?? invitation.pinnedTenantId,
    target: invitation.customer.name,
    detail: { invitationId: invitation.id },
  }
}
