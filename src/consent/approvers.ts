import { type RoleKey, splitRole } from '../microsoft/roles/roles.ts'
import type { Identity } from '../microsoft/tokens/index.ts'

/**
 * Which of the customer's people can approve: one Graph application permission
 * in the list lifts the whole consent to the first two.
 *
 * @see Entra, "Grant tenant-wide admin consent to an application", prerequisites
 */
export function approvers(roles: readonly RoleKey[]): string[] {
  const highest = ['Privileged Role Administrator', 'Global Administrator']
  if (roles.some(role => splitRole(role).surface === 'graph')) return highest
  return ['Application Administrator', 'Cloud Application Administrator', ...highest]
}

/** Template ids, as ID tokens list the directory roles of a person. */
const templateIds: Record<string, string> = {
  'Global Administrator': '62e90394-69f5-4237-9190-012177145e10',
  'Privileged Role Administrator': 'e8611ab8-c189-46e8-94e1-60213ab1f814',
  'Cloud Application Administrator': '158c047a-c907-4556-b7ef-446551a6b5f7',
  'Application Administrator': '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
}

/**
 * Whether one of a person's directory roles lets them approve. Custom roles can
 * too, but stand in no token.
 *
 * @param directoryRoles template ids
 */
function mayApprove(directoryRoles: readonly string[], roles: readonly RoleKey[]): boolean {
  return approvers(roles).some(name => directoryRoles.includes(templateIds[name] ?? ''))
}

/**
 * What the ID token tells about the person who signed in after a consent.
 *
 * `administrator` is null when the token lists no directory roles: the
 * registration does not ask for the claim. A custom role that may approve
 * stands in no token, so false does not prove that the person could not.
 */
export type ApproverCheck = { isGuest: boolean; administrator: boolean | null }

/**
 * Every member of a tenant carries the default user role in `wids`, so only a
 * role that can approve counts.
 *
 * @param askedRoles all that the consent was for; they decide which directory roles can approve
 * @see Microsoft identity platform, "ID token claims reference", `idp` and `wids`
 */
export function checkApprover(
  { isGuest, directoryRoles }: Pick<Identity, 'isGuest' | 'directoryRoles'>,
  askedRoles: readonly RoleKey[],
): ApproverCheck {
  return { isGuest, administrator: directoryRoles && mayApprove(directoryRoles, askedRoles) }
}

/** "A, B or C". */
export function orList(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}
