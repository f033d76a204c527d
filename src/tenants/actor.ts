import { AppError } from '../errors.ts'

export type StaffRole = 'admin' | 'analyst' | 'reader'

/** Who does something: a person of the partner, one of its programs, a customer's admin, or Tenantry itself. */
export type Actor = {
  kind: 'staff' | 'api-key' | 'customer' | 'system'
  /** Object id, API key id, or a fixed name. */
  id: string
  /** How people recognise the actor: user name or key name. */
  label: string
  /** Null for customers: they hold a link, not a role. */
  role: StaffRole | null
  /** Empty: sees every tenant. Else only tenants that carry one of these tags. */
  limitedToTags: string[]
}

/** Tenantry at work on its own: schedules, health checks, verification. */
export const systemActor: Actor = {
  kind: 'system',
  id: 'tenantry',
  label: 'Tenantry',
  role: 'admin',
  limitedToTags: [],
}

const rank: Record<StaffRole, number> = { reader: 1, analyst: 2, admin: 3 }

/** What staff do, and the least role that may. */
const leastRoles = {
  look: 'reader',
  hunt: 'analyst',
  triage: 'analyst',
  'act-on-devices': 'analyst',
  invite: 'admin',
  'manage-tenants': 'admin',
  'manage-staff': 'admin',
} as const satisfies Record<string, StaffRole>

export type StaffAct = keyof typeof leastRoles

function hasRole(actor: Actor, least: StaffRole): boolean {
  return actor.role !== null && rank[actor.role] >= rank[least]
}

/** @throws AppError `forbidden` when the actor's role is less than asked */
export function requireRole(actor: Actor, least: StaffRole): void {
  if (hasRole(actor, least)) return

  const name =
    least === 'admin' ? 'Tenantry.Admin' : least === 'analyst' ? 'Tenantry.Analyst' : 'Tenantry.Reader'
  throw new AppError('forbidden', `this needs the role ${name}`, {
    remedy: `Ask an administrator of your Entra tenant to assign you ${name} on the enterprise app, then sign in again.`,
  })
}

/** Whether to offer an action at all. */
export function may(actor: Actor, act: StaffAct): boolean {
  return hasRole(actor, leastRoles[act])
}

/** @throws AppError `forbidden` */
export function requireAct(actor: Actor, act: StaffAct): void {
  requireRole(actor, leastRoles[act])
}

/**
 * The part of a `where` on Tenant that every query starts from. A tenant that
 * it excludes is not found, never forbidden.
 */
export function visibleTo(actor: Actor): { tags?: { hasSome: string[] } } {
  return actor.limitedToTags.length > 0 ? { tags: { hasSome: actor.limitedToTags } } : {}
}

/** The same rule for a tenant that is already at hand. */
export function sees(actor: Actor, tenant: { tags: string[] }): boolean {
  return actor.limitedToTags.length === 0 || tenant.tags.some(tag => actor.limitedToTags.includes(tag))
}
