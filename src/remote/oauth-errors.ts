import type { FailureName } from './failure-names.ts'

/**
 * The OAuth `error` of a token answer, for numbers that aadsts.ts does not know.
 *
 * @see RFC 6749, section 5.2; Microsoft identity platform, "Error codes for token endpoint errors"
 */
export const oauthErrors: ReadonlyMap<string, FailureName> = new Map([
  ['invalid_client', 'credential_invalid'],
  ['unauthorized_client', 'app_refused'],
  ['invalid_request', 'invalid_request'],
  ['invalid_scope', 'invalid_request'],
  ['unsupported_grant_type', 'invalid_request'],
  ['unsupported_response_type', 'invalid_request'],
  ['invalid_instance', 'invalid_request'],
  ['invalid_resource', 'service_missing'],
  ['invalid_tenant', 'tenant_not_found'],
  ['invalid_grant', 'sign_in_required'],
  ['interaction_required', 'sign_in_required'],
  ['login_required', 'sign_in_required'],
  ['consent_required', 'consent_missing'],
  ['access_denied', 'declined'],
  ['permission_denied', 'declined'],
  ['server_error', 'unavailable'],
  ['temporarily_unavailable', 'unavailable'],
])
