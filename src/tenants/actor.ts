import type { TenantLimits } from './limits.ts'

/** Strongest first. */
export const staffRoles = ['admin', 'analyst', 'responder', 'reader'] as const
export type StaffRole = (typeof staffRoles)[number]

/** Where a request came from; nothing of it is proof. */
export type RequestOrigin = {
  /** IP address of the client as the trusted proxies name it; for what is no request, words. */
  address: string
  /** The id under which the log has the request; null for what is no request. */
  requestId: string | null
}

/** Who does something: a person of the partner, one of its programs, a customer's admin, or Tenantry itself. */
export type Actor = {
  kind: 'staff' | 'api-key' | 'customer' | 'system'
  /** Object id, API key id, or a fixed name. */
  id: string
  /** How people recognise the actor: user name or key name. */
  label: string
  /** The strongest one. Null for customers: they hold a link, not a role. */
  role: StaffRole | null
  /** All of them, where they can be several. */
  roles?: readonly StaffRole[]
  /** Which tenants the actor sees. */
  tenants: TenantLimits
  /** Filled once for each request; missing for jobs, which act later and from here. */
  from?: RequestOrigin
}

/** Tenantry at work on its own: schedules, health checks, verification. */
export const systemActor: Actor = {
  kind: 'system',
  id: 'tenantry',
  label: 'Tenantry',
  role: 'admin',
  tenants: 'all',
  from: { address: 'Tenantry', requestId: null },
}

/** Whether there are, or could be, tenants that the actor does not see. */
export function isLimited(actor: Pick<Actor, 'tenants'>): boolean {
  return actor.tenants !== 'all'
}

/**
 * The part of a `where` on Tenant that every query starts from. A tenant that
 * it excludes is not found, never forbidden. Its form for SQL is `visibleTenants`.
 */
export function visibleTo({ tenants }: Pick<Actor, 'tenants'>): {
  OR?: ({ tags: { hasSome: string[] } } | { id: { in: string[] } })[]
} {
  if (tenants === 'all') return {}
  // Without any alternative nothing is found.
  return { OR: [{ tags: { hasSome: [...tenants.tags] } }, { id: { in: [...tenants.ids] } }] }
}

/** The same rule for a tenant that is already at hand. */
export function sees(
  { tenants }: Pick<Actor, 'tenants'>,
  tenant: { id: string; tags: readonly string[] },
): boolean {
  if (tenants === 'all') return true
  return tenants.ids.includes(tenant.id) || tenant.tags.some(tag => tenants.tags.includes(tag))
}

/** Tags of a tenant that somebody brings in: with their own where they would not see it by the others. */
export function withOwnTags({ tenants }: Pick<Actor, 'tenants'>, asked: readonly string[]): string[] {
  if (tenants === 'all' || asked.some(tag => tenants.tags.includes(tag))) return [...asked]
  return [...asked, ...tenants.tags]
}
