import { type InvitationStatus, isUsed, liveStatuses } from './invitation-status.ts'
import type { InvitationRecord } from './store.ts'

/** Where a link stands, in words for staff. */
export type InvitationWords = { headline: string; next: string }

const words: Record<InvitationStatus, InvitationWords> = {
  created: {
    headline: 'Nobody has opened the link yet.',
    next: 'Send it to an administrator of the customer. This page follows along by itself.',
  },
  opened: {
    headline: 'The customer has opened the link.',
    next: 'They can read what is asked for; nothing is approved yet.',
  },
  started: {
    headline: 'The customer went on to Microsoft.',
    next: 'No answer has come back yet. If none comes within an hour, ask whether Microsoft showed an error.',
  },
  declined: {
    headline: 'The customer declined.',
    next: 'Nothing was approved. Ask what held them back; the link still works.',
  },
  failed: {
    headline: 'The customer tried, and it did not work out.',
    next: 'The timeline says why. The link still works.',
  },
  consented: {
    headline: 'Microsoft reported the approval.',
    next: 'Waiting for the administrator’s sign-in that confirms it. If it does not come, ask them to open the link again.',
  },
  confirming: {
    headline: 'Somebody signed in who is not known to be an administrator.',
    next: 'Nothing is connected yet. Confirm or refuse the sign-in; the link stays open for an administrator.',
  },
  verified: { headline: 'The tenant is connected.', next: 'The link has done its work.' },
  expired: {
    headline: 'The link has expired.',
    next: 'Extend it, or make it again with a new address.',
  },
  revoked: {
    headline: 'The link was withdrawn.',
    next: 'It leads nowhere any more. Make it again if it is needed.',
  },
}

export function describeInvitation(invitation: InvitationRecord): InvitationWords {
  const status = invitation.status as InvitationStatus
  if (status === 'consented' && isUsed(invitation)) {
    return {
      headline: 'The approval is proven.',
      next: 'The connection is being checked, which takes up to 15 minutes. The tenant’s page shows how far it is.',
    }
  }
  return words[status]
}

/** What can still be done with a link; the same rules decide when it is asked for. */
export function possibleActs(invitation: InvitationRecord): {
  canWithdraw: boolean
  canExtend: boolean
  /** The link can be sent: somebody may still use it. */
  isOpen: boolean
} {
  const status = invitation.status as InvitationStatus
  const isLive = liveStatuses.includes(status) && !isUsed(invitation)
  return {
    canWithdraw: isLive,
    canExtend: (isLive || status === 'expired') && invitation.tenantId === null,
    isOpen: isLive,
  }
}

export type InvitationEventWords = {
  at: string
  title: string
  detail: string | null
  tone?: 'positive' | 'caution' | 'danger' | 'info'
}

const events: Record<string, Pick<InvitationEventWords, 'title' | 'tone'>> = {
  created: { title: 'Link made' },
  opened: { title: 'Opened by the customer', tone: 'info' },
  started: { title: 'Went on to Microsoft', tone: 'info' },
  declined: { title: 'Declined', tone: 'caution' },
  failed: { title: 'Did not work out', tone: 'danger' },
  consented: { title: 'Approval reported', tone: 'info' },
  proven: { title: 'Approval proven', tone: 'positive' },
  confirming: { title: 'Waits for confirmation', tone: 'caution' },
  confirmed: { title: 'Confirmed', tone: 'positive' },
  not_confirmed: { title: 'Refused', tone: 'danger' },
  verified: { title: 'Tenant connected', tone: 'positive' },
  expired: { title: 'Expired' },
  revoked: { title: 'Withdrawn' },
  extended: { title: 'Extended' },
  reminded: { title: 'Reminder sent', tone: 'info' },
  reminder_failed: { title: 'Reminder not sent', tone: 'caution' },
  other_browser: { title: 'Came back in another browser', tone: 'caution' },
}

/** The timeline in words, newest first. */
export function invitationTimeline(invitation: InvitationRecord): InvitationEventWords[] {
  return invitation.events
    .map(({ at, type, detail }) => ({
      ...(events[type] ?? { title: type.replaceAll('_', ' ') }),
      at: at.toISOString(),
      detail: detail ? readable(detail) : null,
    }))
    .reverse()
}

/** Times inside a detail, as pages write them. */
function readable(detail: string): string {
  return detail.replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z/g, '$1 $2 UTC')
}
