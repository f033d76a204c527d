import type { RemoteFailure } from '../errors.ts'
import { isAboutTheTenant, isCuredByConsent } from './consent-problems.ts'
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
    reconsentHelps: doesReconsentHelp(tenant, failure),
  }
}

/** A role that is missing beside what keeps every token from us, such as a disabled app, waits until that is over. */
function doesReconsentHelp(tenant: TenantRecord, failure: RemoteFailure | null): boolean {
  return failure !== null && isAboutTheTenant(failure)
    ? isCuredByConsent(failure)
    : tenant.rolesMissing.length > 0
}
