import { type Failure, readStoredFailure } from '../errors.ts'
import { describeAbsence, type RoleKey } from '../microsoft/roles/roles.ts'
import { isAboutTheTenant, isCuredByConsent } from './health/consent-problems.ts'
import type { TenantRecord, TenantStatus } from './store.ts'

/** Where a tenant stands, in words for staff. */
export type ConnectionSummary = {
  status: TenantStatus
  headline: string
  /** What is wrong, null when all is well. */
  failure: Failure | null
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
    failure,
    disabled: tenant.rolesMissing.map(role => describeAbsence(role as RoleKey)),
    reconsentHelps: doesReconsentHelp(tenant, failure),
  }
}

/** A role that is missing beside what keeps every token from us, such as a disabled app, waits until that is over. */
function doesReconsentHelp(tenant: TenantRecord, failure: Failure | null): boolean {
  return failure !== null && isAboutTheTenant(failure)
    ? isCuredByConsent(failure)
    : tenant.rolesMissing.length > 0
}
