import { waitingProof } from '../../../consent/confirmation.ts'
import { approverName } from '../../../consent/proof.ts'
import { readStoredFailure } from '../../../errors.ts'
import { type InvitationStatus, invitationStatuses } from '../../../invitations/invitation-status.ts'
import { isOverdue, nextReminderAt } from '../../../invitations/reminder.ts'
import type { InvitationRecord } from '../../../invitations/store.ts'
import { contactWords, readStoredContact } from '../../../tenants/contact.ts'

/** An invitation as lists and its own page show it. */
export function toRow(invitation: InvitationRecord, now: Date) {
  const contact = readStoredContact(invitation.contact)
  const { id, status, purpose, customer, createdAt, createdByLabel, expiresAt, tenant } = invitation
  return {
    id,
    status,
    isRenewal: purpose === 'reconsent',
    customerName: customer.name,
    /** Domain or id of the tenant it is pinned to, or that it led to. */
    organization:
      tenant?.domain ?? invitation.pinnedDomain ?? invitation.pinnedTenantId ?? tenant?.id ?? null,
    isPinned: invitation.pinnedTenantId !== null,
    tenantHref: tenant ? `/tenants/${tenant.id}` : null,
    createdAt,
    createdBy: createdByLabel,
    expiresAt,
    tags: invitation.tags,
    contact,
    contactWords: contact && contactWords(contact),
    remindAt: invitation.remindAt,
    isOverdue: isOverdue(invitation, now),
  }
}

/** Whether a reminder can be mailed from here, and why not. */
export function mailStateOf(invitation: InvitationRecord, canMail: boolean, now: Date) {
  const to = readStoredContact(invitation.contact)?.email ?? null
  return {
    to,
    canMail: canMail && to !== null,
    remindedAt: invitation.remindedAt,
    nextAt: nextReminderAt(invitation, now),
    hint: !canMail
      ? 'To mail reminders from here, set TENANTRY_SMTP_URL.'
      : to === null
        ? 'To mail it from here, add a contact with an e-mail address.'
        : null,
  }
}

/** Who signed in through an open link and waits for staff, as the page shows it. */
export function waitingOf(invitation: InvitationRecord) {
  const proof = waitingProof(invitation)
  if (!proof) return null
  const roles =
    proof.administrator === null
      ? 'Not known: the registration does not ask for directory roles'
      : 'None that can approve'
  return {
    username: approverName(proof),
    facts: [
      { label: 'Signed in as', value: approverName(proof) },
      { label: 'Tenant', value: proof.domain ?? proof.tenantId },
      { label: 'Tenant id', value: proof.tenantId },
      { label: 'Object id', value: proof.objectId },
      { label: 'Administrator roles', value: roles },
      { label: 'When', at: proof.at },
    ],
    organization: proof.domain ?? proof.tenantId,
  }
}

/** Why it did not work out, while it has not since. */
export function failureOf(invitation: InvitationRecord) {
  return invitation.status === 'failed' ? readStoredFailure(invitation.lastError) : null
}

export function statusTabs(
  counts: Partial<Record<InvitationStatus, number>>,
  overdueCount: number,
  { status: current, isOverdue }: { status: InvitationStatus | undefined; isOverdue: boolean },
  href: (changes: Record<string, string | undefined>) => string,
) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const shown = invitationStatuses.filter(status => (counts[status] ?? 0) > 0 || status === current)
  return [
    {
      href: href({ status: undefined, overdue: undefined }),
      label: 'All',
      count: total,
      isCurrent: current === undefined && !isOverdue,
    },
    ...(overdueCount > 0 || isOverdue
      ? [
          {
            href: href({ status: undefined, overdue: 'true' }),
            label: 'Overdue',
            count: overdueCount,
            isCurrent: isOverdue,
          },
        ]
      : []),
    ...shown.map(status => ({
      href: href({ status, overdue: undefined }),
      label: statusLabels[status],
      count: counts[status] ?? 0,
      isCurrent: status === current && !isOverdue,
    })),
  ]
}

const statusLabels: Record<InvitationStatus, string> = {
  created: 'Created',
  opened: 'Opened',
  started: 'Started',
  declined: 'Declined',
  failed: 'Failed',
  consented: 'Consented',
  confirming: 'Waiting for confirmation',
  verified: 'Verified',
  expired: 'Expired',
  revoked: 'Withdrawn',
}
