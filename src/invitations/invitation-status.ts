export const invitationStatuses = [
  'created',
  'opened',
  'started',
  'declined',
  'failed',
  'consented',
  'confirming',
  'verified',
  'expired',
  'revoked',
] as const

export type InvitationStatus = (typeof invitationStatuses)[number]

/**
 * The link can still lead somewhere. `consented` alone is not the end: the
 * admin may not have proven it yet. `confirming`: somebody not known to be an
 * administrator proved an open link, and staff decide.
 */
export const liveStatuses: InvitationStatus[] = [
  'created',
  'opened',
  'started',
  'declined',
  'failed',
  'consented',
  'confirming',
]

/**
 * States from which an answer of Microsoft may arrive. `expired` is among them:
 * who set out in time may come back a little late; a withdrawn link is not.
 */
export const answerableStatuses: InvitationStatus[] = [...liveStatuses, 'expired']

/** A link whose tenant is proven has done its work, unless the verification failed. */
export function isUsed(invitation: { status: string; tenantId: string | null }): boolean {
  return (
    invitation.status === 'verified' || (invitation.status === 'consented' && invitation.tenantId !== null)
  )
}
