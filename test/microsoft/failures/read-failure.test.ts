import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RemoteError, type RemoteService } from '../../../src/errors.ts'
import { isFailureName } from '../../../src/microsoft/failures/failure-names.ts'
import { readMissingRoles } from '../../../src/microsoft/failures/missing-roles.ts'
import { asSeenInConnectedTenant, namedFailure } from '../../../src/microsoft/failures/named-failure.ts'
import { readFailure } from '../../../src/microsoft/failures/read-failure.ts'
import { afterConsentRetryable, isRetryable } from '../../../src/microsoft/failures/retryable.ts'

const samples = new URL('../../../../shared/samples/', import.meta.url)

test('a missing role says which roles would do and which the token holds', () => {
  const message =
    'Missing application roles. API required roles: SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, application roles: Policy.Read.All,User.Read.All.'

  const failure = readFailure({ service: 'graph', status: 403, body: JSON.stringify({ error: { message } }) })

  expect(failure.message).toBe(
    'The call needs SecurityIncident.Read.All or SecurityIncident.ReadWrite.All; the token holds Policy.Read.All, User.Read.All.',
  )
  expect(failure.remedy).toContain('SecurityIncident.Read.All')
  expect(readMissingRoles(message)).toEqual({
    required: ['SecurityIncident.Read.All', 'SecurityIncident.ReadWrite.All'],
    held: ['Policy.Read.All', 'User.Read.All'],
  })
  expect(readMissingRoles('API required roles: A.Read, application roles: .')).toEqual({
    required: ['A.Read'],
    held: [],
  })
  expect(readMissingRoles('Forbidden')).toBeNull()
})

test('a description is scrubbed of ids, apps and tokens, while the ids stay in their fields', () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
  const body = JSON.stringify({
    error: 'invalid_grant',
    error_description: `AADSTS99887766: Odd token ${jwt} for app '11111111-2222-4333-8444-555555555555'(Partner app), client_secret=hunter2hunter2.\r\nTrace ID: 0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00\r\nCorrelation ID: x\r\nTimestamp: 2026`,
    trace_id: '0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00',
  })

  const failure = readFailure({ service: 'entra', status: 400, body })

  const kept = JSON.stringify(failure)
  expect(kept).not.toMatch(/eyJ|hunter2|11111111|Correlation|Timestamp/)
  expect(failure.message).toContain('AADSTS99887766')
  expect(failure.requestId).toBe('0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00')
})

test('the engine’s own words stay with an invalid query', () => {
  const message =
    "Failed to resolve table or column expression named 'EmailEvents'. Fix semantic errors in your query."

  const failure = readFailure({
    service: 'graph',
    status: 400,
    path: '/v1.0/security/runHuntingQuery',
    body: JSON.stringify({ error: { code: 'BadRequest', message } }),
  })

  expect(failure.message).toContain(message)
})

test('reading a failure never throws and never leaves it unnamed', () => {
  const service = fc.constantFrom<RemoteService>(
    'entra',
    'graph',
    'defender',
    'endpoint',
    'key-vault',
    'managed-identity',
    'webhook',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('', '[', '{}', 'null', '[[]]', '"x"', '{"error":null}'),
  )
  const shaped = fc
    .record(
      {
        error: fc.oneof(
          fc.string(),
          fc.jsonValue(),
          fc.record(
            { code: fc.jsonValue(), message: fc.jsonValue(), innerError: fc.jsonValue() },
            { requiredKeys: [] },
          ),
        ),
        error_description: fc.jsonValue(),
        error_codes: fc.jsonValue(),
        trace_id: fc.jsonValue(),
        message: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map(value => JSON.stringify(value))
  const anything = fc.record(
    {
      status: fc.option(fc.integer({ min: -5, max: 1000 })),
      body: fc.oneof(text, shaped),
      path: fc.string(),
      headers: fc.dictionary(fc.constantFrom('retry-after', 'request-id', 'content-type'), fc.string()),
      thrown: fc.anything(),
      problem: fc.constantFrom('error_body', 'truncated', 'content_type', 'empty', 'too_large', 'redirect'),
    },
    { requiredKeys: [] },
  )

  fc.assert(
    fc.property(service, anything, (from, seen) => {
      const failure = readFailure({ service: from, ...seen })

      expect(isFailureName(failure.code)).toBe(true)
      expect(failure.message).not.toBe('')
      expect(failure.remedy).not.toBe('')
      expect(failure.retryAfterSeconds ?? 0).toBeGreaterThanOrEqual(0)
      expect(JSON.parse(JSON.stringify(failure))).toEqual(failure)
    }),
    { numRuns: 2000 },
  )
})

test('transient failures may be repeated, permanent ones not', () => {
  const names = [
    'throttled',
    'unavailable',
    'timeout',
    'network',
    'reset',
    'bad_answer',
    'cpu_quota_exhausted',
  ] as const
  for (const name of names) expect(isRetryable(namedFailure(name, { service: 'graph' }))).toBe(true)

  const never = [
    'consent_missing',
    'role_missing',
    'tls',
    'too_large',
    'canceled',
    'circuit_open',
    'quota_exhausted',
  ] as const
  for (const name of never) expect(isRetryable(namedFailure(name, { service: 'graph' }))).toBe(false)
})

test('right after a consent, what may only be a delay is asked again', () => {
  const afterConsent = (number: number) =>
    afterConsentRetryable(
      readFailure({
        service: 'entra',
        status: 400,
        body: JSON.stringify({ error: 'invalid_client', error_codes: [number] }),
      }),
    )

  expect([700016, 7000229, 65001, 500011, 650052, 90033].map(afterConsent)).not.toContain(false)
  expect([7000215, 7000222, 90002, 90038, 7000112].map(afterConsent)).not.toContain(true)
  expect(afterConsentRetryable(readFailure({ service: 'graph', status: 401, body: '' }))).toBe(true)
  expect(afterConsentRetryable(readFailure({ service: 'endpoint', status: 403, body: '' }))).toBe(true)
  expect(afterConsentRetryable(readFailure({ service: 'graph', status: 400, body: '' }))).toBe(false)
})

test('an app that is unknown in a tenant that was connected was removed there', () => {
  const missing = namedFailure('consent_missing', { service: 'entra', serviceCode: 'AADSTS7000229' })

  expect(asSeenInConnectedTenant(missing)).toMatchObject({
    code: 'app_removed',
    serviceCode: 'AADSTS7000229',
  })
  expect(asSeenInConnectedTenant(namedFailure('throttled', { service: 'graph' })).code).toBe('throttled')
})

test('a failure travels as an error that names its service', () => {
  const error = new RemoteError(namedFailure('timeout', { service: 'graph' }))

  expect(error.message).toBe('graph: No complete answer came in time.')
})

test.skipIf(!existsSync(samples))('recorded error bodies get their names', () => {
  const recorded: [
    file: string,
    service: RemoteService,
    status: number,
    name: string,
    retryAfter: number | null,
  ][] = [
    ['graph-error-400-top50.json', 'graph', 400, 'invalid_request', null],
    ['graph-error-403-missing-role.json', 'graph', 403, 'role_missing', null],
    ['graph-error-429-generic.json', 'graph', 429, 'throttled', null],
    ['mde-error-401-unlicensed.json', 'endpoint', 401, 'license_missing', null],
    ['mde-error-403-missing-role.json', 'endpoint', 403, 'role_missing', null],
    ['mde-error-429-perApp.json', 'endpoint', 429, 'throttled', 8],
    ['xdr-error-400-InvalidRequestBody.json', 'defender', 400, 'invalid_request', null],
    ['xdr-error-404-ResourceNotFound.json', 'defender', 404, 'not_found', null],
  ]
  for (const [file, service, status, name, retryAfterSeconds] of recorded) {
    const bodies = [JSON.parse(readFileSync(new URL(file, samples), 'utf8'))].flat()
    for (const body of bodies) {
      const failure = readFailure({ service, status, body: JSON.stringify(body) })

      expect(failure, file).toMatchObject({ code: name, retryAfterSeconds })
    }
  }
})
