import { readStoredFailure } from '../errors.ts'
import { type Actor, isLimited } from '../tenants/actor.ts'
import type { InvitationRecord } from './store.ts'

const message = 'This tenant cannot be connected by this link.'

/**
 * An invitation as the actor may read it: whoever sees a part of the tenants
 * does not learn that one beyond them is connected to another customer.
 */
export function toldTo(actor: Actor, invitation: InvitationRecord): InvitationRecord {
  const failure = readStoredFailure(invitation.lastError)
  if (!isLimited(actor) || failure?.code !== 'tenant_taken') return invitation
  const remedy = 'Ask an administrator who sees every tenant.'
  return {
    ...invitation,
    lastError: { ...failure, code: 'link_refused', message, remedy },
    events: invitation.events.map(event =>
      event.type === 'failed' && event.detail?.includes('tenant_taken')
        ? { ...event, detail: message }
        : event,
    ),
  }
}
