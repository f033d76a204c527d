import { expect, test } from 'vitest'
import { failureFromRedirect } from '../../../src/microsoft/failures/redirect-failure.ts'

const tail =
  ' Trace ID: 0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00 Correlation ID: 3c1d6a3c-7e0b-4c38-8f9a-0c1b2a3d4e5f Timestamp: 2026-11-22 12:00:00Z'

// biome-ignore format: reads as a table
const redirects: [what: string, query: Record<string, string>, name: string, serviceCode: string][] = [
  ['cancelled by v2', { error: 'consent_required', error_description: `AADSTS65004: User declined.${tail}`, admin_consent: 'True' }, 'declined', 'AADSTS65004'],
  ['cancelled by v1', { error: 'permission_denied', error_description: 'The admin canceled the request' }, 'declined', 'permission_denied'],
  ['cancelled with a subcode alone', { error: 'access_denied', error_subcode: 'cancel' }, 'declined', 'access_denied'],
  ['cancelled with a number', { error: 'access_denied', error_description: 'AADSTS65004: declined' }, 'declined', 'AADSTS65004'],
  ['not an admin', { error: 'access_denied', error_description: 'AADSTS90094: admin needed' }, 'needs_admin', 'AADSTS90094'],
  ['device policy', { error: 'invalid_grant', error_description: 'AADSTS50097: Device authentication is required.\r\nTrace ID: 0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00', error_uri: 'https://login.microsoftonline.com/error?code=50097', admin_consent: 'True' }, 'conditional_access', 'AADSTS50097'],
  ['a number in the address alone', { error: 'invalid_grant', error_uri: 'https://login.microsoftonline.com/error?code=53003' }, 'conditional_access', 'AADSTS53003'],
  ['multifactor', { error: 'interaction_required', error_description: 'AADSTS50076: mfa' }, 'mfa_required', 'AADSTS50076'],
  ['no service for a permission', { error: 'invalid_client', error_description: 'AADSTS650052: lacks a service principal' }, 'service_missing', 'AADSTS650052'],
  ['a directory that could not write', { error: 'invalid_client', error_description: 'AADSTS650051: The consent action failed' }, 'consent_not_written', 'AADSTS650051'],
  ['an app that Entra cannot place', { error: 'invalid_client' }, 'registration_wrong', 'invalid_client'],
  ['a hiccup', { error: 'server_error', error_description: 'AADSTS90033: try later' }, 'unavailable', 'AADSTS90033'],
  ['an outage', { error: 'temporarily_unavailable' }, 'unavailable', 'temporarily_unavailable'],
  ['no session', { error: 'login_required' }, 'sign_in_required', 'login_required'],
  ['something made up', { error: 'made_up<script>' }, 'entra_refused', 'made_up<script>'],
]

test.each(redirects)('%s', (_what, query, name, serviceCode) => {
  const failure = failureFromRedirect(new URLSearchParams({ ...query, state: 's' }), 'admin_consent')

  expect(failure).toMatchObject({ service: 'entra', code: name, serviceCode, status: null })
})

test('the trace id is kept, the tail of the description is not', () => {
  const redirect = new URLSearchParams({ error: 'odd', error_description: `AADSTS99887766: Odd.${tail}` })

  const failure = failureFromRedirect(redirect, 'admin_consent')

  expect(failure?.requestId).toBe('0d7a7a0e-5a5b-4a6e-9a51-7f0f7e2f1c00')
  expect(failure?.message).toBe('Entra says: AADSTS99887766: Odd.')
})

test('a redirect without an error is none', () => {
  expect(
    failureFromRedirect(new URLSearchParams({ admin_consent: 'True', tenant: 'x' }), 'admin_consent'),
  ).toBeNull()
})
