import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import { appRoleOf } from './roles.ts'
import type { SignedInStaff } from './sign-in.ts'
import type { StaffStore } from './store.ts'

/** Staff as they signed in last, and what each may see. */
export function createMembers({
  store,
  audit,
  now = () => new Date(),
}: {
  store: StaffStore
  audit: Audit
  now?: () => Date
}) {
  return {
    /** Remembers a sign-in and records it. */
    async signedIn(staff: SignedInStaff): Promise<void> {
      await store.rememberSignIn(staff, now())
      const actor: Actor = {
        kind: 'staff',
        id: staff.objectId,
        label: staff.username,
        role: staff.role,
        limitedToTags: [],
      }
      await audit.record({
        actor,
        action: 'staff.signed-in',
        result: staff.role ? 'ok' : 'refused',
        detail: { role: staff.role ? appRoleOf(staff.role) : null },
      })
    },

    async limitsOf(objectId: string): Promise<string[]> {
      return await store.limitsOf(objectId)
    },

    async list(actor: Actor) {
      requireAct(actor, 'manage-staff')
      return await store.members()
    },

    /** @param tags empty: sees every tenant */
    async limit(actor: Actor, objectId: string, tags: string[]): Promise<void> {
      requireAct(actor, 'manage-staff')
      if (!(await store.limitMember(objectId, tags)))
        throw new AppError('not_found', 'nobody with that id ever signed in')
      await audit.record({
        actor,
        action: 'staff.limited',
        target: objectId,
        detail: { limitedToTags: tags },
      })
    },
  }
}

export type Members = ReturnType<typeof createMembers>
