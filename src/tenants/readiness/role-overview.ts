import { chooseSurfaces } from '../../microsoft/roles/capabilities.ts'
import { compareRoles } from '../../microsoft/roles/role-comparison.ts'
import { describeAbsence, type RoleKey, splitRole, surfaceLabels } from '../../microsoft/roles/roles.ts'

/** One role of one tenant with what it means, for staff. */
export type RoleLine = {
  key: RoleKey
  role: string
  product: string
  state: 'granted' | 'missing'
  isRequired: boolean
  /** What it opens, or what does not work without it. */
  meaning: string
}

/**
 * Every required and every granted role: the missing ones first, then the
 * required ones, then what was granted beyond them.
 */
export function overviewRoles(required: readonly RoleKey[], granted: readonly RoleKey[]): RoleLine[] {
  const comparison = compareRoles(required, granted)
  const stands = new Set(required.flatMap(role => comparison.satisfiedBy[role] ?? []))
  const further = comparison.granted.filter(role => !stands.has(role))

  const line = (key: RoleKey, state: RoleLine['state'], isRequired: boolean): RoleLine => {
    const { surface, role } = splitRole(key)
    const meaning = state === 'missing' ? describeAbsence(key).disables : opens(key, granted)
    return { key, role, product: surfaceLabels[surface], state, isRequired, meaning }
  }
  return [
    ...comparison.missing.map(key => line(key, 'missing', true)),
    ...[...stands].map(key => line(key, 'granted', true)),
    ...further.map(key => line(key, 'granted', false)),
  ]
}

function opens(key: RoleKey, granted: readonly RoleKey[]): string {
  const labels = chooseSurfaces(granted).flatMap(({ role, label, addition }) => {
    if (role === key) return [label]
    return addition?.role === key ? [`${label}: adds ${addition.what}`] : []
  })
  return labels.length > 0 ? labels.join('; ') : 'Not used: another role opens the same'
}
