import type { EntraPlace } from './entra-errors.ts'
import type { FailureName } from './failure-names.ts'

/** What the OAuth `error` says where no person takes part. A wish for a person is told as it is: nobody can come. */
const withoutPerson: Record<string, FailureName> = {
  invalid_client: 'credential_invalid',
  unauthorized_client: 'app_refused',
  invalid_request: 'invalid_request',
  invalid_scope: 'invalid_request',
  unsupported_grant_type: 'invalid_request',
  invalid_instance: 'invalid_request',
  invalid_resource: 'service_missing',
  invalid_tenant: 'tenant_not_found',
  server_error: 'unavailable',
  temporarily_unavailable: 'unavailable',
}

/** The same where a person is there to answer. */
const withPerson: Record<string, FailureName> = {
  ...withoutPerson,
  unsupported_response_type: 'invalid_request',
  invalid_grant: 'sign_in_required',
  interaction_required: 'sign_in_required',
  login_required: 'sign_in_required',
  consent_required: 'consent_missing',
  access_denied: 'declined',
  permission_denied: 'declined',
}

/** The same where the browser brings the answer. */
const onRedirect: Record<string, FailureName> = {
  ...withPerson,
  // A person was asked, so this means that they went away without giving it.
  consent_required: 'declined',
  // No credential is shown on the way through a browser; what Entra cannot place here is the app itself.
  invalid_client: 'registration_wrong',
}

/**
 * The OAuth `error` of an answer that carries no number.
 *
 * @returns null for an error that does not tell what is wrong at this place
 * @see RFC 6749, sections 4.1.2.1 and 5.2; Microsoft identity platform, "Error codes for token endpoint errors"
 */
export function findOauthError(error: string, place: EntraPlace, isRedirect: boolean): FailureName | null {
  const table = isRedirect
    ? onRedirect
    : place === 'app_token' || place === 'tenant_lookup'
      ? withoutPerson
      : withPerson
  return Object.hasOwn(table, error) ? (table[error] ?? null) : null
}
