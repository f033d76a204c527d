import type { RemoteFailure } from '../errors.ts'
import type { FailureName } from '../remote/failure-names.ts'

/**
 * Failures that say something about the tenant's consent, roles or license,
 * as opposed to one request or one bad minute: they call for a check at once.
 */
const aboutTheTenant: ReadonlySet<string> = new Set<FailureName>([
  'consent_missing',
  'consent_revoked',
  'app_removed',
  'app_disabled',
  'app_refused',
  'role_missing',
  'license_missing',
  'service_missing',
  'service_disabled',
  'tenant_restricted',
  'tenant_not_found',
  'wrong_cloud',
])

export function isAboutTheTenant(failure: Pick<RemoteFailure, 'code'>): boolean {
  return aboutTheTenant.has(failure.code)
}

/** What a new approval puts right. */
const curedByConsent: ReadonlySet<string> = new Set<FailureName>([
  'consent_missing',
  'consent_revoked',
  'app_removed',
  'app_refused',
  'role_missing',
])

export function isCuredByConsent(failure: Pick<RemoteFailure, 'code'>): boolean {
  return curedByConsent.has(failure.code)
}

/** What keeps every token of a tenant from us and yet takes no permission away: they are there again when it ends. */
const barringEveryToken: ReadonlySet<string> = new Set<FailureName>([
  'app_disabled',
  'tenant_restricted',
  'tenant_not_found',
  'wrong_cloud',
])

export function barsEveryToken(failure: RemoteFailure): boolean {
  return barringEveryToken.has(failure.code)
}

/** The partner's own credential or registration is refused: no tenant's consent has changed. */
const aboutThePartner: ReadonlySet<string> = new Set<FailureName>([
  'credential_invalid',
  'credential_expired',
  'credential_missing',
  'certificate_unknown',
  'assertion_time',
  'assertion_invalid',
  'federation_mismatch',
  'registration_wrong',
  'vault_denied',
  'vault_item_missing',
  'identity_missing',
])

export function isAboutThePartner(failure: RemoteFailure): boolean {
  return aboutThePartner.has(failure.code)
}

/** What one request was answered with says nothing about the tenant's health: the service was there and worked. */
const aboutTheRequest: ReadonlySet<string> = new Set<FailureName>([
  'not_allowed',
  'not_found',
  'changed_upstream',
  'action_in_progress',
  'action_failed',
  'invalid_request',
  'invalid_query',
  'table_missing',
  'query_timeout',
  'query_too_heavy',
  'result_too_large',
  'partial_answer',
  'too_large',
  'canceled',
  // Waiting for quota is the ordinary course of things.
  'throttled',
  'cpu_quota_exhausted',
  'quota_exhausted',
])

export function isAboutTheRequest(failure: RemoteFailure): boolean {
  return aboutTheRequest.has(failure.code)
}
