import type { FlowParts } from './flow-parts.ts'
import { joinUrl } from './invitation-view.ts'
import { type JourneyEnd, type JourneyKind, journeyEnd } from './journey.ts'
import { type AttemptRecord, addInvitationEvent } from './store.ts'

/** Why an answer is not taken, or null when it may be. The order tells a stranger least. */
export function refuseAnswer(
  attempt: AttemptRecord | null,
  answer: {
    browserHash: string
    usedAt: Date | null | undefined
    expiresAt: Date | null | undefined
    now: Date
  },
): JourneyKind | null {
  if (!attempt) return 'forged'
  if (attempt.browserHash !== answer.browserHash) return 'other_browser'
  if (answer.usedAt) return 'used'
  if (!answer.expiresAt || answer.expiresAt <= answer.now) return 'took_too_long'
  if (attempt.invitation.status === 'revoked') return 'revoked'
  return null
}

/** The page for an answer that was not taken. Who the link is for is said only to the browser that set out. */
export async function endRefused(
  parts: FlowParts,
  attempt: AttemptRecord | null,
  kind: JourneyKind,
): Promise<JourneyEnd> {
  if (!attempt || kind === 'forged') return journeyEnd('forged', parts.requiredRoles)

  const { invitation } = attempt
  if (kind === 'other_browser') {
    // Staff see why their customer does not get on, usually blocked cookies.
    const event = {
      type: 'other_browser',
      detail: 'the answer came back in another browser',
      at: parts.now(),
    }
    await addInvitationEvent(parts.db, invitation.id, event)
    return journeyEnd(kind, parts.requiredRoles)
  }
  return journeyEnd(kind, parts.requiredRoles, {
    customerName: invitation.customer.name,
    retryUrl: kind === 'took_too_long' ? joinUrl(parts, invitation.id) : null,
  })
}
