import type { StaffRole } from '../tenants/actor.ts'

/** App roles of the registration, strongest first. */
const appRoles: readonly { value: string; role: StaffRole }[] = [
  { value: 'Tenantry.Admin', role: 'admin' },
  { value: 'Tenantry.Analyst', role: 'analyst' },
  { value: 'Tenantry.Responder', role: 'responder' },
  { value: 'Tenantry.Reader', role: 'reader' },
]

/** Who acts on devices: every analyst, or those alone who were given the role for it. */
export type Responders = 'analysts' | 'separate'

/** Ours among the values of an ID token's `roles`, strongest first. */
export function readAppRoles(values: readonly string[]): StaffRole[] {
  return appRoles.filter(({ value }) => values.includes(value)).map(({ role }) => role)
}

/** Ours among the roles of a row, strongest first. */
export function readRoles(stored: readonly string[]): StaffRole[] {
  return appRoles.map(({ role }) => role).filter(role => stored.includes(role))
}

/** What somebody may do by their roles: unless the roles are separate, an analyst is a responder too. */
export function rolesInForce(held: readonly StaffRole[], responders: Responders): StaffRole[] {
  const isResponder = responders === 'analysts' && held.includes('analyst')
  return readRoles(isResponder ? [...held, 'responder'] : held)
}

/** The app role's value, as it stands in Entra. */
export function appRoleOf(role: StaffRole): string {
  return appRoles.find(entry => entry.role === role)?.value ?? role
}
