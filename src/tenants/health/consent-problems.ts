import type { Failure } from '../../errors.ts'
import type { FailureName } from '../../microsoft/failures/failure-names.ts'

/**
 * Failures that say something about the tenant's consent, tokens, roles or license,
 * as opposed to one request or one bad minute: they call for a check at once.
 */
const aboutTheTenant: ReadonlySet<string> = new Set<FailureName>([
  'consent_missing',
  'consent_revoked',
  'app_removed',
  'app_disabled',
  'app_refused',
  'bad_token',
  'role_missing',
  'license_missing',
  'service_missing',
  'service_disabled',
  'tenant_restricted',
  'tenant_not_found',
  'tenant_inactive',
  'tenant_blocked',
  'wrong_cloud',
  'access_denied',
  // Only of app tokens: the sign-ins of people are no calls about a tenant.
  'conditional_access',
  'entra_feature_off',
  'entra_refused',
])

export function isAboutTheTenant(failure: Pick<Failure, 'code'>): boolean {
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

export function isCuredByConsent(failure: Pick<Failure, 'code'>): boolean {
  return curedByConsent.has(failure.code)
}

/** What keeps every token of a tenant from us and yet takes no permission away: they are there again when it ends. */
const barringEveryToken: ReadonlySet<string> = new Set<FailureName>([
  'app_disabled',
  'tenant_restricted',
  'tenant_not_found',
  'tenant_inactive',
  'tenant_blocked',
  'wrong_cloud',
  'conditional_access',
  'entra_feature_off',
  // What is not known says nothing about permissions either.
  'entra_refused',
])

export function barsEveryToken(failure: Failure): boolean {
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

export function isAboutThePartner(failure: Failure): boolean {
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
  'unknown_error',
  'invalid_query',
  'table_missing',
  'query_timeout',
  'query_too_heavy',
  'result_too_large',
  'partial_answer',
  'too_large',
  'canceled',
  // We did not ask.
  'suspended',
  // Waiting for quota is the ordinary course of things.
  'throttled',
  'cpu_quota_exhausted',
  'quota_exhausted',
])

export function isAboutTheRequest(failure: Failure): boolean {
  return aboutTheRequest.has(failure.code)
}
