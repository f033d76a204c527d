import { knownRole, type RoleKey, splitRole } from './roles.ts'

export type RoleComparison = {
  /** Sorted, without repetition. */
  granted: RoleKey[]
  /** Required roles that nothing granted stands in for, in the order of the requirement. */
  missing: RoleKey[]
  /** For each required role that is present: the granted role that makes it so. */
  satisfiedBy: Partial<Record<RoleKey, RoleKey>>
}

/**
 * Compares what is required with what the tokens carry. A required role counts
 * as present when it was granted itself, or a stronger one, or its counterpart
 * on another surface.
 */
export function compareRoles(required: readonly RoleKey[], granted: readonly RoleKey[]): RoleComparison {
  const sorted = [...new Set(granted)].sort()
  const satisfiedBy: Partial<Record<RoleKey, RoleKey>> = {}
  const missing: RoleKey[] = []

  for (const role of required) {
    const stands = sorted.find(other => other === role) ?? sorted.find(other => satisfies(other, role))
    if (stands) satisfiedBy[role] = stands
    else missing.push(role)
  }
  return { granted: sorted, missing, satisfiedBy }
}

/** Whether a granted role opens everything that the required one would. */
export function satisfies(granted: RoleKey, required: RoleKey): boolean {
  if (granted === required) return true

  const has = knownRole(granted)?.family
  const wants = knownRole(required)?.family
  if (has && wants) return has.name === wants.name && (has.level === 'write' || wants.level === 'read')

  // Roles we do not know keep Microsoft's naming: ReadWrite includes Read.
  const a = splitRole(granted)
  const b = splitRole(required)
  return (
    a.surface === b.surface && a.role === b.role.replace(/\.Read(?=\.|$)/, '.ReadWrite') && a.role !== b.role
  )
}

/** What changed from one list of roles to the next; null when nothing did. */
export function roleChange(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } | null {
  const added = after.filter(role => !before.includes(role))
  const removed = before.filter(role => !after.includes(role))
  return added.length > 0 || removed.length > 0 ? { added, removed } : null
}
