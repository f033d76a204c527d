import type { Actor } from '../tenants/actor.ts'
import type { InvitationRecord } from './store.ts'

/** The customer's admin for the audit: by link until a sign-in tells more. */
export function customerActor(
  invitation: InvitationRecord,
  identity: { objectId: string; username: string | null } | null = null,
): Actor {
  return {
    kind: 'customer',
    id: identity?.objectId ?? `invitation ${invitation.id}`,
    label: identity?.username ?? `${invitation.customer.name} (by link)`,
    role: null,
    limitedToTags: [],
  }
}
