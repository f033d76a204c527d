import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAdminConsent, readCorrelationId, writeAdminConsentUrl } from '../../src/consent/admin-consent.ts'
import { proofNonce, proofVerifier } from '../../src/consent/complete-proof.ts'
import { joinToken } from '../../src/invitations/link-token.ts'
import { createEndpoints } from '../../src/microsoft/clouds/endpoints.ts'

const tenant = 'A1B2C3D4-0000-4000-8000-00000000000F'
const read = (query: string) => readAdminConsent(new URLSearchParams(query))
const own = { login: null, graph: null, defender: null, endpoint: null }
const request = {
  endpoints: createEndpoints('global', own),
  clientId: 'c8a4d7e2-31f6-4b09-a5de-60b27f8e19c4',
  tenantId: null,
  redirectUri: 'https://console.partner.example/consent/callback',
  state: 's',
  askedRoles: ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All'] as const,
}

test('the link names one resource with /.default and the tenant when it is known', () => {
  const unpinned = writeAdminConsentUrl(request)
  const pinned = writeAdminConsentUrl({ ...request, tenantId: tenant })

  expect(unpinned.origin + unpinned.pathname).toBe(
    'https://login.microsoftonline.com/organizations/v2.0/adminconsent',
  )
  expect(pinned.pathname).toBe(`/${tenant}/v2.0/adminconsent`)
  expect(Object.fromEntries(unpinned.searchParams)).toEqual({
    client_id: request.clientId,
    scope: 'https://graph.microsoft.com/.default',
    redirect_uri: request.redirectUri,
    state: 's',
  })
})

test('without Graph among the roles the link names what is asked for, in the words of the cloud', () => {
  const endpoints = createEndpoints('gcc-high', own)
  const url = writeAdminConsentUrl({ ...request, endpoints, askedRoles: ['endpoint:Machine.Read.All'] })

  expect(url.hostname).toBe('login.microsoftonline.us')
  expect(url.searchParams.get('scope')).toBe(`${endpoints.cloud.resources.endpoint}/.default`)
})

test.each(['True', 'true', 'TRUE'])(
  'admin_consent=%s is a grant, and the tenant comes in lower case',
  value => {
    expect(read(`admin_consent=${value}&tenant=${tenant}&state=s&scope=x`)).toEqual({
      kind: 'granted',
      state: 's',
      tenantId: tenant.toLowerCase(),
    })
  },
)

test('an error is an error although admin_consent=True and a tenant stand beside it', () => {
  const consent = read(
    `admin_consent=True&tenant=${tenant}&state=s&error=invalid_grant&error_description=AADSTS50097%3A+Device.%0D%0ATrace+ID%3A+11111111-1111-4111-8111-111111111111%0D%0ACorrelation+ID%3A+22222222-2222-4222-8222-222222222222%0D%0ATimestamp%3A+2026-10-01+10%3A00%3A00Z`,
  )

  expect(consent).toMatchObject({
    kind: 'refused',
    failure: {
      code: 'conditional_access',
      serviceCode: 'AADSTS50097',
      requestId: '11111111-1111-4111-8111-111111111111',
    },
    correlationId: '22222222-2222-4222-8222-222222222222',
  })
})

test.each(['access_denied&error_subcode=cancel', 'permission_denied', 'consent_required'])(
  'error=%s is a refusal by a person',
  error => {
    expect(read(`error=${error}&state=s`)).toMatchObject({ kind: 'refused', failure: { code: 'declined' } })
  },
)

test.each([
  ['', 'nothing'],
  [`tenant=${tenant}&state=s`, 'no admin_consent'],
  ['admin_consent=True&state=s', 'no tenant'],
  [`admin_consent=True&tenant=${tenant}&tenant=${tenant}&state=s`, 'two tenants'],
  [`admin_consent=True&admin_consent=False&tenant=${tenant}&state=s`, 'two answers'],
  [`admin_consent=True&tenant[]=${tenant}&state=s`, 'a list'],
  [`admin_consent=True&tenant=${tenant}%00&state=s`, 'a NUL'],
  [`error=a&error=b&state=s`, 'two errors'],
])('%j is malformed: %s', query => {
  expect(read(query).kind).toBe('malformed')
})

test('two states are no state', () => {
  expect(read(`admin_consent=True&tenant=${tenant}&state=a&state=b`)).toMatchObject({
    kind: 'malformed',
    state: null,
  })
})

const names = [
  'state',
  'tenant',
  'admin_consent',
  'error',
  'error_description',
  'error_uri',
  'error_subcode',
  'code',
]
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('True', tenant, 'consent_required', 'AADSTS65004: no', '', '\u0000', '<script>', '../..'),
)
const name = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom(...names.map(each => `${each}[]`)),
  fc.string(),
)

test('any query at all is read as one of three things, and only a GUID is ever a tenant', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), pairs => {
      const redirect = new URLSearchParams(pairs)

      const consent = readAdminConsent(redirect)

      expect(['granted', 'refused', 'malformed']).toContain(consent.kind)
      if (consent.kind === 'granted') {
        expect(consent.tenantId).toMatch(/^[0-9a-f-]{36}$/)
        expect(redirect.has('error')).toBe(false)
      }
      if (consent.kind === 'refused') expect(consent.failure.code).toMatch(/^[a-z_]+$/)
    }),
  )
})

test('the correlation id is found behind line ends and behind spaces', () => {
  const id = '22222222-2222-4222-8222-222222222222'

  expect(readCorrelationId(`AADSTS1: x\r\nTrace ID: y\r\nCorrelation ID: ${id}\r\nTimestamp: z`)).toBe(id)
  expect(readCorrelationId(`AADSTS1: x Trace ID: y Correlation ID: ${id} Timestamp: z`)).toBe(id)
  expect(readCorrelationId('Correlation ID: <script>')).toBeNull()
})

test('what is derived from one secret says nothing of another', () => {
  const key = Buffer.alloc(32, 1)
  const derived = [joinToken(key, 'x'), proofVerifier(key, 'x'), proofNonce(key, 'x'), joinToken(key, 'y')]

  expect(new Set(derived).size).toBe(4)
  expect(derived.every(each => /^[\w-]{43}$/.test(each))).toBe(true)
})
