import { randomUUID } from 'node:crypto'

type Row = [error: string, status: number, text: string]

// OAuth error, HTTP status and text of each code the simulator can produce.
// Status follows one rule: invalid_client is 401, the rest 400, unless noted.
const rows: Record<number, Row> = {
  16000: ['interaction_required', 400, 'Several accounts are signed in; one has to be chosen.'],
  28003: ['invalid_scope', 400, 'The scope parameter must not be empty.'],
  50001: ['invalid_resource', 400, 'The resource is disabled or does not exist.'],
  50011: ['invalid_request', 400, 'The redirect URI in the request does not match the ones registered.'],
  50013: ['invalid_client', 401, 'The assertion is not valid: its audience is not this token endpoint.'],
  50020: ['invalid_grant', 400, 'The account does not exist in this tenant and cannot use the application.'],
  50027: ['invalid_client', 401, 'The JWT is malformed or not acceptable.'],
  50048: ['invalid_client', 401, 'The subject of the assertion differs from its issuer.'],
  50049: ['invalid_instance', 400, 'Unknown or invalid instance.'],
  50058: ['login_required', 400, 'A silent sign-in was asked for but nobody is signed in.'],
  50059: ['invalid_request', 400, 'No tenant-identifying information was found in the request.'],
  50076: ['interaction_required', 400, 'Multi-factor authentication is required.'],
  50097: ['invalid_grant', 400, 'Device authentication is required.'],
  50105: ['interaction_required', 400, 'The person is not assigned to a role for the application.'],
  50126: ['invalid_grant', 400, 'Invalid user name or password.'],
  500011: ['invalid_resource', 400, 'The resource principal was not found in the tenant.'],
  500014: ['invalid_resource', 400, 'The service principal of the resource is disabled.'],
  500113: ['invalid_request', 400, 'No reply address is registered for the application.'],
  501481: ['invalid_grant', 400, 'The code_verifier does not match the code_challenge of the request.'],
  501491: ['invalid_request', 400, 'The code_challenge is malformed.'],
  53003: ['invalid_grant', 400, 'Access is blocked by Conditional Access policies.'],
  54005: ['invalid_grant', 400, 'The authorization code was already redeemed.'],
  650051: ['invalid_client', 400, 'The consent action failed: the service principal could not be written.'],
  650052: ['invalid_client', 400, 'The organization lacks a service principal for an API the app needs.'],
  650057: ['invalid_resource', 400, 'The resource is not among the permissions of the registration.'],
  65001: ['invalid_grant', 400, 'Nobody has consented to use the application.'],
  65004: ['consent_required', 400, 'The person declined to consent to access the app.'],
  65005: ['invalid_client', 400, 'The app needs access to a service the organization has not subscribed to.'],
  70000: ['invalid_grant', 400, 'The provided grant is not valid.'],
  70003: ['unsupported_grant_type', 400, 'The grant type is not supported.'],
  70008: ['invalid_grant', 400, 'The authorization code or refresh token has expired.'],
  70011: ['invalid_scope', 400, 'The scope is not valid.'],
  70021: ['invalid_request', 400, 'No matching federated identity record was found for the assertion.'],
  700005: ['invalid_grant', 400, 'The authorization code is meant for another tenant.'],
  700016: ['unauthorized_client', 400, 'The application was not found in the directory.'],
  700021: ['invalid_client', 401, 'The assertion names another application than client_id does.'],
  700022: ['invalid_scope', 400, 'The scopes belong to several resources.'],
  700024: ['invalid_client', 401, 'The client assertion is not within its valid time range.'],
  700027: [
    'invalid_client',
    401,
    'The assertion signature failed verification: key not found or not matching.',
  ],
  700051: ['unsupported_response_type', 400, 'The response_type is not enabled for the application.'],
  700211: ['invalid_request', 400, 'No federated identity record matches the issuer of the assertion.'],
  700212: ['invalid_request', 400, 'No federated identity record matches the audience of the assertion.'],
  700213: ['invalid_request', 400, 'No federated identity record matches the subject of the assertion.'],
  700229: ['invalid_client', 401, 'The federated assertion is not an app-only token.'],
  7000112: ['unauthorized_client', 400, 'The application is disabled.'],
  7000215: [
    'invalid_client',
    401,
    'Invalid client secret provided: send the value of the secret, not its id.',
  ],
  7000216: ['invalid_client', 401, 'A client secret or client assertion is required for this grant.'],
  7000218: ['invalid_client', 401, 'The body must contain client_assertion or client_secret.'],
  7000222: ['invalid_client', 401, 'The provided client secret keys are expired.'],
  7000229: ['invalid_client', 401, 'The application is missing a service principal in the tenant.'],
  90002: ['invalid_request', 400, 'The tenant was not found.'],
  900023: ['invalid_request', 400, 'The tenant identifier is neither a valid domain name nor a GUID.'],
  90006: ['temporarily_unavailable', 503, 'An external server is retryable.'],
  90012: ['temporarily_unavailable', 504, 'The request has timed out.'],
  90019: ['invalid_request', 400, 'No tenant-identifying information was found in the request.'],
  90024: ['temporarily_unavailable', 503, 'The request budget was exceeded; a temporary error occurred.'],
  90033: ['temporarily_unavailable', 500, 'The service is temporarily unavailable. Please retry later.'],
  90036: ['server_error', 500, 'An unexpected, non-retryable error came from the directory service.'],
  90055: ['temporarily_unavailable', 429, 'The tenant is being throttled due to too many requests.'],
  90072: ['invalid_grant', 400, 'The account does not exist in the tenant and has to be added as a guest.'],
  90090: ['temporarily_unavailable', 503, 'The directory is temporarily unavailable.'],
  90094: ['access_denied', 400, 'An administrator has to grant the permissions.'],
  90100: ['invalid_request', 400, 'A parameter of the request is not valid.'],
  90112: ['invalid_request', 400, 'The application identifier is expected to be a GUID.'],
  900144: ['invalid_request', 400, 'The request body or query lacks a required parameter.'],
  900382: ['invalid_request', 400, 'Confidential clients are not supported across clouds.'],
  90038: ['invalid_request', 400, 'The tenant belongs to another national cloud.'],
  9001023: ['invalid_request', 400, 'The grant type is not supported over this endpoint; name a tenant.'],
  9002313: ['invalid_request', 400, 'The request is malformed or invalid.'],
  9002326: ['invalid_request', 400, 'Cross-origin token redemption is not permitted for this client type.'],
  1002012: ['invalid_scope', 400, 'The scope must be a resource identifier followed by /.default.'],
}

/** A refusal of Entra, known by its number. */
export class EntraError extends Error {
  readonly code: number
  readonly error: string
  readonly status: number

  /**
   * @param code the AADSTS number
   * @param detail what exactly is wrong, added to the text of the code
   * @param error the OAuth error, where it differs from the usual one
   */
  constructor(code: number, detail?: string, error?: string) {
    const [usualError, status, text] = rows[code] ?? ['invalid_request', 400, 'The request was refused.']
    super(detail ? `${text} ${detail}` : text)
    this.code = code
    this.error = error ?? usualError
    this.status = this.error === usualError ? status : this.error === 'invalid_client' ? 401 : 400
  }
}

export type ErrorTrace = { traceId: string; correlationId: string; timestamp: string }

/** The ids of one refusal; the caller's own `client-request-id` comes back as the correlation id. */
export function traceOf(now: Date, clientRequestId?: string): ErrorTrace {
  return {
    traceId: randomUUID(),
    correlationId: clientRequestId ?? randomUUID(),
    timestamp: `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`,
  }
}

/** The description as bodies, redirects and pages carry it. Entra parts it with spaces since 2024. */
export function describe(error: EntraError, trace: ErrorTrace): string {
  return (
    `AADSTS${error.code}: ${error.message} Trace ID: ${trace.traceId} ` +
    `Correlation ID: ${trace.correlationId} Timestamp: ${trace.timestamp}`
  )
}

// What Conditional Access adds, so that a client could ask again with these claims.
const conditionalAccess: Record<number, object> = {
  53003: {
    suberror: 'message_only',
    claims: JSON.stringify({ access_token: { capolids: { essential: true, values: [randomUUID()] } } }),
  },
  50076: { suberror: 'basic_action' },
  65001: { suberror: 'consent_required' },
}

/**
 * The JSON body of a refused token or discovery request.
 *
 * @see Microsoft identity platform, "Authentication and authorization error codes"
 */
export function errorBody(error: EntraError, trace: ErrorTrace, loginOrigin: string): object {
  return {
    error: error.error,
    error_description: describe(error, trace),
    error_codes: [error.code],
    timestamp: trace.timestamp,
    trace_id: trace.traceId,
    correlation_id: trace.correlationId,
    error_uri: `${loginOrigin}/error?code=${error.code}`,
    ...conditionalAccess[error.code],
  }
}
