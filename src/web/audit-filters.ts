import type { AuditFilters } from '../audit/store.ts'

/** Filters of the audit as an address has them. */
export type AuditQuery = {
  actor?: string | undefined
  action?: string | undefined
  tenant?: string | undefined
  result?: string | undefined
  search?: string | undefined
  /** ISO 8601 */
  since?: string | undefined
  until?: string | undefined
}

/** Filters as the audit takes them; what is empty is none. */
export function toAuditFilters({ tenant, since, until, ...rest }: AuditQuery): AuditFilters {
  const filters = {
    ...rest,
    tenantId: tenant,
    since: since ? new Date(since) : undefined,
    until: until ? new Date(until) : undefined,
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value))
}
