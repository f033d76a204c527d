import { describe, expect, test } from 'vitest'
import type { Mover } from '../../../src/errors.ts'
import { type EntraPlace, entraPlaces } from '../../../src/microsoft/failures/entra-errors.ts'
import { readFailure } from '../../../src/microsoft/failures/read-failure.ts'

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

// biome-ignore format: reads as a table
const entra: [numbers: number[], place: EntraPlace, error: string, status: number, name: string, mover: Mover][] = [
  [[7000215], 'app_token', 'invalid_client', 401, 'credential_invalid', 'partner'],
  [[7000216, 7000218], 'app_token', 'invalid_client', 401, 'credential_missing', 'partner'],
  [[7000222], 'app_token', 'invalid_client', 401, 'credential_expired', 'partner'],
  [[700016], 'app_token', 'unauthorized_client', 400, 'consent_missing', 'customer'],
  [[7000229], 'app_token', 'invalid_client', 401, 'consent_missing', 'customer'],
  [[700024], 'app_token', 'invalid_client', 401, 'assertion_time', 'partner'],
  [[700027, 700030], 'app_token', 'invalid_client', 401, 'certificate_unknown', 'partner'],
  [[70021, 700211, 700212, 700213], 'app_token', 'invalid_request', 400, 'federation_mismatch', 'partner'],
  [[700229], 'app_token', 'invalid_client', 401, 'federation_mismatch', 'partner'],
  [[50012, 50013, 50027, 50048], 'app_token', 'invalid_client', 401, 'assertion_invalid', 'partner'],
  [[700025], 'app_token', 'invalid_client', 401, 'registration_wrong', 'partner'],
  [[7000112, 70001], 'app_token', 'unauthorized_client', 400, 'app_disabled', 'customer'],
  [[700011], 'app_token', 'unauthorized_client', 400, 'consent_missing', 'customer'],
  [[650059], 'app_token', 'unauthorized_client', 400, 'registration_wrong', 'partner'],
  [[1000031], 'app_token', 'unauthorized_client', 400, 'app_disabled', 'customer'],
  [[90002], 'app_token', 'invalid_tenant', 400, 'tenant_not_found', 'partner'],
  [[900023], 'app_token', 'invalid_request', 400, 'tenant_not_found', 'partner'],
  [[90019, 50059, 50128, 9001023], 'app_token', 'invalid_request', 400, 'invalid_request', 'partner'],
  [[90038, 900382, 900432], 'app_token', 'invalid_request', 400, 'wrong_cloud', 'partner'],
  [[50049], 'app_token', 'invalid_instance', 400, 'invalid_request', 'partner'],
  [[500011], 'app_token', 'invalid_resource', 400, 'service_missing', 'customer'],
  [[500014], 'app_token', 'invalid_resource', 400, 'service_disabled', 'customer'],
  [[50001], 'app_token', 'invalid_resource', 400, 'resource_unknown', 'partner'],
  [[650052], 'app_token', 'invalid_client', 400, 'service_missing', 'customer'],
  [[650056, 650057, 65005], 'app_token', 'invalid_client', 400, 'registration_wrong', 'partner'],
  [[650051], 'admin_consent', 'invalid_client', 400, 'consent_not_written', 'customer'],
  [[650054], 'app_token', 'invalid_client', 400, 'registration_wrong', 'partner'],
  [[65001], 'app_token', 'invalid_grant', 400, 'consent_missing', 'customer'],
  [[65004], 'admin_consent', 'consent_required', 400, 'declined', 'customer'],
  [[70011, 1002012], 'app_token', 'invalid_scope', 400, 'invalid_request', 'partner'],
  [[70000, 54005, 70008], 'proof_sign_in', 'invalid_grant', 400, 'sign_in_required', 'customer'],
  [[501481], 'proof_sign_in', 'invalid_grant', 400, 'invalid_request', 'partner'],
  [[700022, 28002, 28003], 'app_token', 'invalid_scope', 400, 'invalid_request', 'partner'],
  [[70003], 'app_token', 'unsupported_grant_type', 400, 'invalid_request', 'partner'],
  [[900144, 90014, 90004, 9002313, 90100, 90112], 'app_token', 'invalid_request', 400, 'invalid_request', 'partner'],
  [[50011, 500113, 900971, 50194], 'proof_sign_in', 'invalid_request', 400, 'registration_wrong', 'partner'],
  [[90094, 90093, 90095], 'admin_consent', 'access_denied', 400, 'needs_admin', 'customer'],
  [[900941, 900981], 'admin_consent', 'access_denied', 400, 'app_risky', 'customer'],
  [[90099], 'app_token', 'invalid_grant', 400, 'consent_missing', 'customer'],
  [[53003, 53000, 53001, 53002, 50097, 50005, 530032, 530034, 530035, 53011], 'proof_sign_in', 'invalid_grant', 400, 'conditional_access', 'customer'],
  [[50076, 50079, 50072, 50074], 'proof_sign_in', 'interaction_required', 400, 'mfa_required', 'customer'],
  [[50105], 'proof_sign_in', 'interaction_required', 400, 'user_not_assigned', 'customer'],
  [[50020, 50034, 16000, 50014, 51004], 'proof_sign_in', 'invalid_grant', 400, 'wrong_account', 'customer'],
  [[50053, 50057, 50126], 'proof_sign_in', 'invalid_grant', 400, 'sign_in_failed', 'customer'],
  [[50055], 'proof_sign_in', 'invalid_grant', 400, 'password_change_required', 'customer'],
  [[50055], 'staff_sign_in', 'invalid_grant', 400, 'password_change_required', 'staff'],
  [[5000225], 'app_token', 'interaction_required', 400, 'tenant_inactive', 'customer'],
  [[5000225], 'app_token', 'unauthorized_client', 400, 'tenant_inactive', 'customer'],
  [[5000225], 'staff_sign_in', 'interaction_required', 400, 'tenant_inactive', 'partner'],
  [[500021], 'app_token', 'invalid_request', 400, 'tenant_restricted', 'partner'],
  [[90072, 90099], 'proof_sign_in', 'invalid_grant', 400, 'approver_outside_tenant', 'partner'],
  [[90072], 'staff_sign_in', 'invalid_grant', 400, 'wrong_account', 'staff'],
  [[50058, 50173, 50132, 70043], 'proof_sign_in', 'login_required', 400, 'sign_in_required', 'customer'],
  [[500021, 500022, 500212, 500213], 'proof_sign_in', 'invalid_request', 400, 'tenant_restricted', 'customer'],
  [[50196], 'app_token', 'invalid_grant', 400, 'throttled', 'nobody'],
  [[90055], 'app_token', 'temporarily_unavailable', 429, 'throttled', 'nobody'],
  [[90033, 90006, 90012, 90024, 90090, 50033, 50000], 'app_token', 'temporarily_unavailable', 503, 'unavailable', 'microsoft'],
  [[90036, 90092], 'app_token', 'server_error', 500, 'directory_failure', 'microsoft'],
  [[100007], 'app_token', 'invalid_request', 400, 'invalid_request', 'partner'],
]

describe('an Entra error number decides', () => {
  for (const [numbers, place, error, status, name, mover] of entra) {
    test(`${numbers.join(', ')} at ${place} is ${name}`, () => {
      for (const number of numbers) {
        const failure = readFailure({ service: 'entra', place, status, body: entraBody(error, number), at })

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
const oauth: [error: string, status: number, withoutPerson: string, withPerson: string][] = [
  ['invalid_client', 401, 'credential_invalid', 'credential_invalid'],
  ['unauthorized_client', 400, 'app_refused', 'app_refused'],
  ['invalid_request', 400, 'invalid_request', 'invalid_request'],
  ['invalid_scope', 400, 'invalid_request', 'invalid_request'],
  ['unsupported_grant_type', 400, 'invalid_request', 'invalid_request'],
  ['unsupported_response_type', 400, 'entra_refused', 'invalid_request'],
  ['invalid_instance', 400, 'invalid_request', 'invalid_request'],
  ['invalid_resource', 400, 'service_missing', 'service_missing'],
  ['invalid_tenant', 400, 'tenant_not_found', 'tenant_not_found'],
  ['invalid_grant', 400, 'entra_refused', 'sign_in_required'],
  ['interaction_required', 400, 'entra_refused', 'sign_in_required'],
  ['login_required', 400, 'entra_refused', 'sign_in_required'],
  ['consent_required', 400, 'entra_refused', 'consent_missing'],
  ['access_denied', 400, 'entra_refused', 'declined'],
  ['permission_denied', 400, 'entra_refused', 'declined'],
  ['server_error', 500, 'unavailable', 'unavailable'],
  ['temporarily_unavailable', 503, 'unavailable', 'unavailable'],
  ['never_heard_of', 400, 'entra_refused', 'entra_refused'],
  ['toString', 400, 'entra_refused', 'entra_refused'],
]

describe('an answer without a number is judged by its OAuth error, and nobody is asked to sign in for an app', () => {
  test.each(oauth)('%s %i is %s, with a person %s', (error, status, withoutPerson, withPerson) => {
    const body = JSON.stringify({ error, error_description: 'Something was said.' })

    const app = readFailure({ service: 'entra', place: 'app_token', status, body, at })
    const person = readFailure({ service: 'entra', place: 'proof_sign_in', status, body, at })

    expect([app.code, person.code]).toEqual([withoutPerson, withPerson])
    expect(app.remedy).not.toMatch(/sign in/i)
  })
})

describe('a number that nobody knows is told by number and text, with a link, whatever the OAuth error is', () => {
  test.each(oauth.filter(([, status]) => status < 500))('%s %i', (error, status) => {
    for (const place of entraPlaces) {
      const failure = readFailure({ service: 'entra', place, status, body: entraBody(error, 99999999), at })

      expect(failure).toMatchObject({
        code: 'entra_refused',
        message: 'Entra says: AADSTS99999999: Something was said.',
        serviceCode: 'AADSTS99999999',
        permanent: true,
      })
      expect(failure.remedy).toContain('https://login.microsoftonline.com/error?code=99999999')
    }
  })

  test('an outage stays one', () => {
    const body = entraBody('server_error', 99999999)

    const failure = readFailure({ service: 'entra', status: 500, body, at })

    expect(failure).toMatchObject({ code: 'unavailable', permanent: false, serviceCode: 'AADSTS99999999' })
    expect(failure.message).toBe('Entra says: AADSTS99999999: Something was said.')
  })
})

test.each([401, 403, 404])('a %i of the login host without a number is no answer of an API', status => {
  const failure = readFailure({ service: 'entra', status, body: '<title>Blocked by a proxy</title>', at })

  expect(failure).toMatchObject({
    code: 'entra_refused',
    message: 'Entra says: Blocked by a proxy',
    remedy: expect.stringContaining('proxy'),
  })
})
