import { describe, expect, test } from 'vitest'
import type { Mover, RemoteService } from '../../../src/errors.ts'
import {
  failureKinds,
  isFailureName,
  remedyForCustomer,
} from '../../../src/microsoft/failures/failure-names.ts'
import { readFailure, type Seen } from '../../../src/microsoft/failures/read-failure.ts'

const at = new Date('2026-11-22T12:00:00Z')

function apiBody(code: string, message: string) {
  return JSON.stringify({ error: { code, message, target: '6b0b2d6e-0c1e-4a8a-9a54-0d2f6b1c7e10' } })
}

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
  ['a refusal without a reason', 'graph', 403, 'Forbidden', '', '/v1.0/security/incidents', 'access_denied', 'customer'],
  ['a refusal with a reason of its own', 'defender', 403, 'Forbidden', 'Blocked by workload settings', '/api/incidents', 'access_denied', 'customer'],
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
  ['an unknown table of an older API', 'endpoint', 400, 'BadRequest', "Failed to resolve table or column expression named 'EmailEvents'", '/api/advancedqueries/run', 'table_missing', 'customer'],
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
  ['an undocumented refusal', { status: 418, body: '' }, 'unknown_error'],
  ['an undocumented outage', { status: 599, body: '' }, 'timeout'],
]

describe('the shape of the answer decides', () => {
  test.each(shapes)('%s', (_what, seen, name) => {
    const failure = readFailure({ service: 'graph', at, ...seen })

    expect(failure.code).toBe(name)
  })
})

test('what to do about a missing table depends on the interface that was asked', () => {
  const message = "Failed to resolve table or column expression named 'EmailEvents'"
  const seen = { status: 400, body: apiBody('BadRequest', message), at }

  const older = readFailure({ ...seen, service: 'endpoint', path: '/api/advancedqueries/run' })
  const newer = readFailure({ ...seen, service: 'graph', path: graphHunting })

  expect(older.remedy).toContain('ThreatHunting.Read.All')
  expect(older.remedy).not.toContain('license')
  expect(newer.remedy).toContain('license')
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
