import { describe, expect, test } from 'vitest'
import type { Mover, RemoteService } from '../../src/errors.ts'
import { failureKinds, isFailureName, remedyForCustomer } from '../../src/remote/failure-names.ts'
import { readFailure, type Seen } from '../../src/remote/failures.ts'

const at = new Date('2026-11-22T12:00:00Z')

function entraBody(error: string, number: number, text = 'Something was said.') {
  return JSON.stringify({
    error,
    error_description: `AADSTS${number}: ${text} Trace ID: 0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00 Correlation ID: 3c1d6a3c-7e0b-4c38-8f9a-0c1b2a3d4e5f Timestamp: 2026-11-22 12:00:00Z`,
    error_codes: [number],
    timestamp: '2026-11-22 12:00:00Z',
    trace_id: '0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00',
    correlation_id: '3c1d6a3c-7e0b-4c38-8f9a-0c1b2a3d4e5f',
  })
}

function apiBody(code: string, message: string) {
  return JSON.stringify({ error: { code, message, target: '6b0b2d6e-0c1e-4a8a-9a54-0d2f6b1c7e10' } })
}

// biome-ignore format: reads as a table
const entra: [numbers: number[], error: string, status: number, name: string, mover: Mover][] = [
  [[7000215], 'invalid_client', 401, 'credential_invalid', 'partner'],
  [[7000216, 7000218], 'invalid_client', 401, 'credential_missing', 'partner'],
  [[7000222], 'invalid_client', 401, 'credential_expired', 'partner'],
  [[700016], 'unauthorized_client', 400, 'consent_missing', 'customer'],
  [[7000229], 'invalid_client', 401, 'consent_missing', 'customer'],
  [[700024], 'invalid_client', 401, 'assertion_time', 'partner'],
  [[700027, 700030], 'invalid_client', 401, 'certificate_unknown', 'partner'],
  [[70021, 700211, 700212, 700213], 'invalid_request', 400, 'federation_mismatch', 'partner'],
  [[700229], 'invalid_client', 401, 'federation_mismatch', 'partner'],
  [[50012, 50013, 50027, 50048], 'invalid_client', 401, 'assertion_invalid', 'partner'],
  [[700025], 'invalid_client', 401, 'registration_wrong', 'partner'],
  [[7000112, 70001], 'unauthorized_client', 400, 'app_disabled', 'customer'],
  [[700011], 'unauthorized_client', 400, 'consent_missing', 'customer'],
  [[650059], 'unauthorized_client', 400, 'registration_wrong', 'partner'],
  [[1000031], 'unauthorized_client', 400, 'app_disabled', 'customer'],
  [[90002], 'invalid_tenant', 400, 'tenant_not_found', 'partner'],
  [[900023], 'invalid_request', 400, 'tenant_not_found', 'partner'],
  [[90019, 50059, 50128, 9001023], 'invalid_request', 400, 'invalid_request', 'partner'],
  [[90038, 900382, 900432], 'invalid_request', 400, 'wrong_cloud', 'partner'],
  [[50049], 'invalid_instance', 400, 'invalid_request', 'partner'],
  [[500011], 'invalid_resource', 400, 'service_missing', 'customer'],
  [[500014], 'invalid_resource', 400, 'service_disabled', 'customer'],
  [[50001], 'invalid_resource', 400, 'resource_unknown', 'partner'],
  [[650052], 'invalid_client', 400, 'service_missing', 'customer'],
  [[650056, 650057, 65005], 'invalid_client', 400, 'registration_wrong', 'partner'],
  [[650051], 'invalid_client', 400, 'consent_not_written', 'customer'],
  [[650054], 'invalid_client', 400, 'registration_wrong', 'partner'],
  [[65001], 'invalid_grant', 400, 'consent_missing', 'customer'],
  [[65004], 'consent_required', 400, 'declined', 'customer'],
  [[70011, 1002012], 'invalid_scope', 400, 'invalid_request', 'partner'],
  [[70000, 54005, 70008], 'invalid_grant', 400, 'sign_in_required', 'customer'],
  [[501481], 'invalid_grant', 400, 'invalid_request', 'partner'],
  [[700022, 28002, 28003], 'invalid_scope', 400, 'invalid_request', 'partner'],
  [[70003], 'unsupported_grant_type', 400, 'invalid_request', 'partner'],
  [[900144, 90014, 90004, 9002313, 90100, 90112], 'invalid_request', 400, 'invalid_request', 'partner'],
  [[50011, 500113, 900971, 50194], 'invalid_request', 400, 'registration_wrong', 'partner'],
  [[90094, 90093, 90095], 'access_denied', 400, 'needs_admin', 'customer'],
  [[900941, 900981], 'access_denied', 400, 'app_risky', 'customer'],
  [[90099], 'invalid_grant', 400, 'consent_missing', 'customer'],
  [[53003, 53000, 53001, 53002, 50097, 50005, 530032, 530034, 530035, 53011], 'invalid_grant', 400, 'conditional_access', 'customer'],
  [[50076, 50079, 50072, 50074], 'interaction_required', 400, 'mfa_required', 'customer'],
  [[50105], 'interaction_required', 400, 'user_not_assigned', 'customer'],
  [[50020, 50034, 16000, 50014, 51004], 'invalid_grant', 400, 'wrong_account', 'customer'],
  [[50053, 50055, 50057, 50126], 'invalid_grant', 400, 'sign_in_failed', 'customer'],
  [[50058, 50173, 50132, 70043], 'login_required', 400, 'sign_in_required', 'customer'],
  [[500021, 500022, 500212, 500213], 'invalid_request', 400, 'tenant_restricted', 'customer'],
  [[50196], 'invalid_grant', 400, 'throttled', 'nobody'],
  [[90055], 'temporarily_unavailable', 429, 'throttled', 'nobody'],
  [[90033, 90006, 90012, 90024, 90090, 50033, 50000], 'temporarily_unavailable', 503, 'unavailable', 'microsoft'],
  [[90036, 90092], 'server_error', 500, 'directory_failure', 'microsoft'],
  [[100007], 'invalid_request', 400, 'invalid_request', 'partner'],
]

describe('an Entra error number decides', () => {
  for (const [numbers, error, status, name, mover] of entra) {
    test(`${numbers.join(', ')} is ${name}`, () => {
      for (const number of numbers) {
        const failure = readFailure({ service: 'entra', status, body: entraBody(error, number), at })

        expect(failure).toMatchObject({
          code: name,
          whoseMove: mover,
          status,
          serviceCode: `AADSTS${number}`,
        })
        expect(failure.requestId).toBe('0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00')
      }
    })
  }
})

// biome-ignore format: reads as a table
const oauth: [error: string, status: number, name: string][] = [
  ['invalid_client', 401, 'credential_invalid'],
  ['unauthorized_client', 400, 'app_refused'],
  ['invalid_request', 400, 'invalid_request'],
  ['invalid_scope', 400, 'invalid_request'],
  ['unsupported_grant_type', 400, 'invalid_request'],
  ['unsupported_response_type', 400, 'invalid_request'],
  ['invalid_instance', 400, 'invalid_request'],
  ['invalid_resource', 400, 'service_missing'],
  ['invalid_tenant', 400, 'tenant_not_found'],
  ['invalid_grant', 400, 'sign_in_required'],
  ['interaction_required', 400, 'sign_in_required'],
  ['login_required', 400, 'sign_in_required'],
  ['consent_required', 400, 'consent_missing'],
  ['access_denied', 400, 'declined'],
  ['permission_denied', 400, 'declined'],
  ['server_error', 500, 'unavailable'],
  ['temporarily_unavailable', 503, 'unavailable'],
  ['never_heard_of', 400, 'invalid_request'],
]

describe('an unknown Entra number is judged by its OAuth error', () => {
  test.each(oauth)('%s %i is %s', (error, status, name) => {
    const failure = readFailure({ service: 'entra', status, body: entraBody(error, 99999999), at })

    expect(failure.code).toBe(name)
  })
})

const graphHunting = '/v1.0/security/runHuntingQuery'
const machine = '/api/machines/1/isolate'

// biome-ignore format: reads as a table
const api: [what: string, service: RemoteService, status: number, code: string, message: string, path: string, name: string, mover: Mover][] = [
  ['a bad request', 'endpoint', 400, 'BadRequest', 'Bad request', machine, 'invalid_request', 'partner'],
  ['a bad filter', 'endpoint', 400, 'ODataError', 'Invalid $filter', '/api/machines', 'invalid_request', 'partner'],
  ['a wrong body', 'defender', 400, 'InvalidRequestBody', 'Request body is incorrect', '/api/incidents/1', 'invalid_request', 'partner'],
  ['a missing parameter', 'endpoint', 400, 'MissingRequiredParameter', 'Comment is missing', machine, 'invalid_request', 'partner'],
  ['a page too large', 'graph', 400, '', "The limit of '50' for Top query has been exceeded.", '/v1.0/security/incidents', 'invalid_request', 'partner'],
  ['an action that runs', 'endpoint', 400, 'ActiveRequestAlreadyExists', 'Action is already in progress', machine, 'action_in_progress', 'nobody'],
  ['an action that runs, by text', 'endpoint', 400, 'BadRequest', 'Action is already in progress', machine, 'action_in_progress', 'nobody'],
  ['an operating system without the action', 'endpoint', 400, 'OsPlatformNotSupported', 'Not supported', machine, 'not_allowed', 'customer'],
  ['a client without the action', 'endpoint', 400, 'ClientVersionNotSupported', 'Not supported', machine, 'not_allowed', 'customer'],
  ['a stale token', 'graph', 401, 'InvalidAuthenticationToken', 'Lifetime validation failed', '/v1.0/security/incidents', 'token_rejected', 'nobody'],
  ['an ended subscription', 'endpoint', 401, 'Unauthorized', 'Unauthorized request - reason of failure: Account mode is inactive', '/api/machines', 'license_missing', 'customer'],
  ['a missing add-on', 'endpoint', 401, 'Unauthorized', 'Unauthorized request - reason of failure: No Tvm license', '/api/machines', 'license_missing', 'customer'],
  ['a tenant without Defender', 'graph', 403, 'Forbidden', 'Unauthorized request - Account is not provisioned.', '/v1.0/security/incidents', 'service_missing', 'customer'],
  ['a missing role', 'endpoint', 403, 'Forbidden', 'Missing application roles. API required roles: Machine.Isolate, application roles: Machine.Read.All.', machine, 'role_missing', 'customer'],
  ['insufficient privileges', 'graph', 403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', '/v1.0/organization', 'role_missing', 'customer'],
  ['a feature that is off', 'endpoint', 403, 'DisabledFeature', 'Off', machine, 'feature_disabled', 'customer'],
  ['an operation not allowed', 'endpoint', 403, 'DisallowedOperation', 'No', machine, 'not_allowed', 'customer'],
  ['an unknown device', 'endpoint', 404, 'ResourceNotFound', 'Machine 1 was not found', machine, 'not_found', 'nobody'],
  ['an unknown incident', 'graph', 404, 'ResourceNotFound', 'Not found', '/v1.0/security/incidents/1', 'not_found', 'nobody'],
  ['a precondition', 'graph', 412, 'PreconditionFailed', 'ETag', '/v1.0/security/incidents/1', 'changed_upstream', 'nobody'],
  ['a conflict', 'graph', 409, 'Conflict', 'Conflict', '/v1.0/security/incidents/1', 'changed_upstream', 'nobody'],
  ['throttling by Graph', 'graph', 429, 'TooManyRequests', 'Please retry again later.', '/v1.0/security/incidents', 'throttled', 'nobody'],
  ['throttling by Endpoint', 'endpoint', 429, '429', 'API calls quota exceeded! You can send requests again in 8 seconds.', '/api/machines', 'throttled', 'nobody'],
  ['a server error', 'graph', 500, 'UnknownError', '', '/v1.0/security/incidents', 'unavailable', 'microsoft'],
  ['an internal error', 'endpoint', 500, 'InternalServerError', 'Oops', '/api/machines', 'unavailable', 'microsoft'],
  ['an outage', 'graph', 503, 'ServiceUnavailable', '', '/v1.0/security/incidents', 'unavailable', 'microsoft'],
  ['a gateway in vain', 'graph', 504, 'UnknownError', '', '/v1.0/security/incidents', 'timeout', 'microsoft'],
  ['a partial answer', 'graph', 206, '', '', '/v1.0/security/alerts', 'partial_answer', 'microsoft'],
  ['a hunting query that ran too long at the gateway', 'graph', 504, 'UnknownError', '', graphHunting, 'query_timeout', 'partner'],
  ['a hunting query over its time', 'graph', 400, 'BadRequest', 'Query exceeded the timeout period.', graphHunting, 'query_timeout', 'partner'],
  ['a spent CPU budget', 'graph', 429, 'TooManyRequests', 'You have exceeded processing resources allocated to this tenant. You can run queries again in 13 minutes.', graphHunting, 'cpu_quota_exhausted', 'nobody'],
  ['a hunting result too large', 'defender', 400, 'BadRequest', 'Query execution has exceeded the allowed result size. Optimize your query', '/api/advancedhunting/run', 'result_too_large', 'partner'],
  ['a preempted query', 'graph', 400, 'BadRequest', 'Query execution has exceeded the allowed limits. The query was preempted.', graphHunting, 'query_too_heavy', 'partner'],
  ['a hungry query', 'endpoint', 400, 'BadRequest', 'Query stopped due to excessive resource consumption.', '/api/advancedqueries/run', 'query_too_heavy', 'partner'],
  ['a query text too long', 'graph', 400, 'BadRequest', 'The query cannot run because it exceeds the allowed size limit when processed.', graphHunting, 'invalid_query', 'partner'],
  ['an unknown table', 'graph', 400, 'BadRequest', "'where' operator: Failed to resolve table or column expression named 'EmailEvents'. Fix semantic errors in your query.", graphHunting, 'table_missing', 'customer'],
  ['a syntax error', 'graph', 400, 'BadRequest', 'The incomplete fragment is unexpected.. Fix syntax errors in your query.', graphHunting, 'invalid_query', 'partner'],
  ['a recognition error', 'defender', 400, 'BadRequest', 'A recognition error occurred.', '/api/advancedhunting/run', 'invalid_query', 'partner'],
  ['any other refused query', 'graph', 400, 'BadRequest', 'Something new', graphHunting, 'invalid_query', 'partner'],
  ['throttled hunting', 'graph', 429, 'TooManyRequests', 'Too many calls', graphHunting, 'throttled', 'nobody'],
  ['a closed vault', 'key-vault', 403, 'Forbidden', 'Caller is not authorized', '/secrets/app', 'vault_denied', 'partner'],
  ['an unknown secret', 'key-vault', 404, 'SecretNotFound', 'Not found', '/secrets/app', 'vault_item_missing', 'partner'],
  ['a vault that throttles', 'key-vault', 429, 'Throttled', 'Slow', '/secrets/app', 'throttled', 'nobody'],
  ['a machine without identity', 'managed-identity', 400, 'invalid_request', 'Identity not found', '/metadata/identity/oauth2/token', 'identity_missing', 'partner'],
  ['a webhook that says no', 'webhook', 404, 'x', 'x', '/hook', 'webhook_refused', 'partner'],
  ['a webhook that is down', 'webhook', 502, 'x', 'x', '/hook', 'webhook_unavailable', 'partner'],
]

describe('an API answer decides', () => {
  test.each(api)('%s (%s %i)', (_what, service, status, code, message, path, name, mover) => {
    const failure = readFailure({ service, status, body: apiBody(code, message), path, at })

    expect(failure).toMatchObject({ code: name, whoseMove: mover, status })
    expect(failure.requestId).toBe('6b0b2d6e-0c1e-4a8a-9a54-0d2f6b1c7e10')
  })
})

function coded(code: string): Error {
  return Object.assign(new Error('raw'), { code })
}

// biome-ignore format: reads as a table
const thrown: [what: string, error: unknown, name: string, serviceCode: string | null][] = [
  ['an unknown host', coded('ENOTFOUND'), 'network', 'ENOTFOUND'],
  ['a name server in trouble', coded('EAI_AGAIN'), 'network', 'EAI_AGAIN'],
  ['a refused connection', coded('ECONNREFUSED'), 'network', 'ECONNREFUSED'],
  ['no way there', coded('EHOSTUNREACH'), 'network', 'EHOSTUNREACH'],
  ['a connection that never came', coded('UND_ERR_CONNECT_TIMEOUT'), 'timeout', 'UND_ERR_CONNECT_TIMEOUT'],
  ['headers that never came', coded('UND_ERR_HEADERS_TIMEOUT'), 'timeout', 'UND_ERR_HEADERS_TIMEOUT'],
  ['a body that stopped', coded('UND_ERR_BODY_TIMEOUT'), 'timeout', 'UND_ERR_BODY_TIMEOUT'],
  ['our own time-out', new DOMException('x', 'TimeoutError'), 'timeout', 'TimeoutError'],
  ['a reset', coded('ECONNRESET'), 'reset', 'ECONNRESET'],
  ['a closed socket', coded('UND_ERR_SOCKET'), 'reset', 'UND_ERR_SOCKET'],
  ['a broken pipe within another error', new Error('outer', { cause: coded('EPIPE') }), 'reset', 'EPIPE'],
  ['an expired certificate', coded('CERT_HAS_EXPIRED'), 'tls', 'CERT_HAS_EXPIRED'],
  ['a self-signed certificate', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['a certificate for another name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['no TLS at all', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ['bytes that are not HTTP', coded('HPE_INVALID_CONSTANT'), 'bad_answer', 'HPE_INVALID_CONSTANT'],
  ['a length that lied', coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'bad_answer', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
  ['a broken compression', coded('Z_BUF_ERROR'), 'bad_answer', 'Z_BUF_ERROR'],
  ['a size beyond the limit', coded('UND_ERR_RES_EXCEEDED_MAX_SIZE'), 'too_large', 'UND_ERR_RES_EXCEEDED_MAX_SIZE'],
  ['an abort', new DOMException('x', 'AbortError'), 'canceled', 'AbortError'],
  ['a header that cannot be sent', coded('UND_ERR_INVALID_ARG'), 'invalid_request', 'UND_ERR_INVALID_ARG'],
  ['something nobody named', 'boo', 'reset', null],
]

describe('without an answer the thrown error decides', () => {
  test.each(thrown)('%s', (_what, error, name, serviceCode) => {
    const failure = readFailure({ service: 'graph', thrown: error, clientRequestId: 'our-own-id', at })

    expect(failure).toMatchObject({ code: name, serviceCode, status: null, requestId: 'our-own-id' })
  })
})

// biome-ignore format: reads as a table
const shapes: [what: string, seen: Partial<Seen>, name: string][] = [
  ['plain text 429', { status: 429, headers: { 'retry-after': '60' }, body: 'Too Many Requests' }, 'throttled'],
  ['HTML 503', { status: 503, body: '<html><title>Our services are not available</title></html>' }, 'unavailable'],
  ['empty JSON 503', { status: 503, body: '{}' }, 'unavailable'],
  ['empty 502', { status: 502, body: '' }, 'unavailable'],
  ['a gateway form', { status: 429, body: '{"statusCode":429,"message":"Rate limit is exceeded. Try again in 7 seconds."}' }, 'throttled'],
  ['an old gateway form', { status: 401, body: '{"Message":"Authorization has been denied for this request."}' }, 'token_rejected'],
  ['success with throttling inside', { status: 200, problem: 'error_body', body: apiBody('429', 'quota exceeded') }, 'throttled'],
  ['success with an outage inside', { status: 200, problem: 'error_body', body: apiBody('ServiceUnavailable', '') }, 'unavailable'],
  ['success with an unknown error inside', { status: 200, problem: 'error_body', body: apiBody('Odd', 'Odd') }, 'bad_answer'],
  ['truncated JSON', { status: 200, problem: 'truncated', body: '{"a":' }, 'bad_answer'],
  ['a page instead of JSON', { status: 200, problem: 'content_type', body: '<html>' }, 'bad_answer'],
  ['an empty document', { status: 200, problem: 'empty', body: '' }, 'bad_answer'],
  ['an endless answer', { status: 200, problem: 'too_large' }, 'too_large'],
  ['a redirect', { status: 302, problem: 'redirect' }, 'bad_answer'],
  ['an undocumented refusal', { status: 418, body: '' }, 'invalid_request'],
  ['an undocumented outage', { status: 599, body: '' }, 'timeout'],
]

describe('the shape of the answer decides', () => {
  test.each(shapes)('%s', (_what, seen, name) => {
    const failure = readFailure({ service: 'graph', at, ...seen })

    expect(failure.code).toBe(name)
  })
})

test('every name has words for the partner, and for the customer where it is their move', () => {
  for (const [name, kind] of Object.entries(failureKinds)) {
    expect(kind.message).toMatch(/^[A-Z].*\.$/)
    expect(kind.remedy).toMatch(/^[A-Z].*\.$/)
    expect(isFailureName(name)).toBe(true)
    expect(remedyForCustomer(name)).toMatch(/^[A-Z].*\.$/)
  }
  expect(remedyForCustomer('needs_admin')).toContain('Global Administrator')
  expect(remedyForCustomer('credential_expired')).toContain('nothing to do on your side')
  expect(remedyForCustomer('toString')).toContain('nothing to do on your side')
})
