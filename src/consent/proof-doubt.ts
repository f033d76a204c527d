import type { RoleKey } from '../tenants/roles.ts'
import type { Identity } from '../tokens/index.ts'
import { mayApprove } from './approvers.ts'
import type { JourneyKind } from './journey.ts'

/** Why a sign-in does not prove an approval, as the journey ends with it. */
export type Doubt = {
  kind: Extract<JourneyKind, 'guest' | 'not_admin'>
  code: string
  /** For staff. */
  detail: string
}

/**
 * Whether the person who signed in can be the one who approved through a link
 * without a pin, as far as the ID token tells. Who may approve through a
 * custom role stands in no token: for them the link is pinned to the tenant.
 *
 * @returns null when nothing speaks against it, also when directory roles are not told
 * @see Microsoft identity platform, "ID token claims reference", `idp` and `wids`
 */
export function doubtAbout(
  { isGuest, directoryRoles, username, objectId }: Identity,
  requiredRoles: readonly RoleKey[],
): Doubt | null {
  const who = username ?? objectId
  // Such a link leads whoever approves to the tenant that is their home.
  if (isGuest) {
    return {
      kind: 'guest',
      code: 'guest_account',
      detail: `${who} is only a guest in the tenant that approved.`,
    }
  }
  if (directoryRoles && !mayApprove(directoryRoles, requiredRoles)) {
    const detail = `${who} holds no directory role that can approve. If a custom role does, make a link pinned to the tenant.`
    return { kind: 'not_admin', code: 'not_an_administrator', detail }
  }
  return null
}
