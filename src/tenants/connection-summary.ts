import type { RemoteFailure } from '../errors.ts'
import { isAboutTheTenant } from './consent-problems.ts'
import { describeAbsence, type RoleKey } from './roles.ts'
import type { TenantRecord, TenantStatus } from './store.ts'
import { readStoredFailure } from './stored-failure.ts'

/** Where a tenant stands, in words for staff. */
export type ConnectionSummary = {
  status: TenantStatus
  headline: string
  /** What was found, null when all is well. */
  cause: string | null
  remedy: string | null
  whoseMove: RemoteFailure['whoseMove'] | null
  /** ISO 8601 UTC. */
  since: string | null
  requestId: string | null
  /** Missing roles with what each disables. */
  disabled: { key: RoleKey; disables: string }[]
  /** A new consent link would cure it. */
  reconsentHelps: boolean
}

const headlines: Record<TenantStatus, string> = {
  verifying: 'Consent is being verified',
  connected: 'Connected',
  degraded: 'Connected, but something is missing',
  disconnected: 'Not connected',
}

const curedByConsent = new Set([
  'consent_missing',
  'consent_revoked',
  'app_removed',
  'role_missing',
  'app_refused',
])

export function connectionSummary(tenant: TenantRecord): ConnectionSummary {
  const status = tenant.status as TenantStatus
  const failure = readStoredFailure(tenant.lastError)
  return {
    status,
    headline: status === 'connected' && failure ? 'Connected, but the last call failed' : headlines[status],
    cause: failure?.message ?? null,
    remedy: failure?.remedy ?? null,
    whoseMove: failure?.whoseMove ?? null,
    since: (failure ? tenant.lastErrorAt : tenant.verifiedAt)?.toISOString() ?? null,
    requestId: failure?.requestId ?? null,
    disabled: tenant.rolesMissing.map(role => describeAbsence(role as RoleKey)),
    reconsentHelps: isCuredByConsent(tenant, failure),
  }
}

/** What stands in the way of every token, such as a disabled app, makes all roles look missing: no link cures that. */
function isCuredByConsent(tenant: TenantRecord, failure: RemoteFailure | null): boolean {
  return failure !== null && isAboutTheTenant(failure)
    ? curedByConsent.has(failure.code)
    : tenant.rolesMissing.length > 0
}
