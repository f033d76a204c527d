import { type RoleKey, splitRole } from '../tenants/roles.ts'

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

/** "A, B or C". */
export function orList(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}
