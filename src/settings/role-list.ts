import { parseRequiredRoles, type RoleKey } from '../microsoft/roles/roles.ts'
import { type Kind, Unusable } from './kinds.ts'

/** Application permissions, `surface:Role` separated by commas. */
export const roleList: Kind<RoleKey[]> = value => {
  const { roles, problems } = parseRequiredRoles(value)
  if (problems.length === 0) return roles
  throw new Unusable(problems.join('; '), 'write roles as surface:Role, separated by commas')
}
