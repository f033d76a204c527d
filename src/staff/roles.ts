import type { StaffRole } from '../tenants/actor.ts'

/** App roles of the registration, strongest first. */
const appRoles: readonly { value: string; role: StaffRole }[] = [
  { value: 'Tenantry.Admin', role: 'admin' },
  { value: 'Tenantry.Analyst', role: 'analyst' },
  { value: 'Tenantry.Reader', role: 'reader' },
]

/** The strongest of our app roles among an ID token's `roles`, null when it carries none. */
export function strongestRole(roles: readonly string[]): StaffRole | null {
  return appRoles.find(({ value }) => roles.includes(value))?.role ?? null
}

/** The app role's value, as it stands in Entra. */
export function appRoleOf(role: StaffRole): string {
  return appRoles.find(entry => entry.role === role)?.value ?? role
}
