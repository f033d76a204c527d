import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  codeChallenge,
  logoutUrl,
  randomValue,
  readAuthorizeRedirect,
  readCodeResponse,
  writeAuthorizeUrl,
  writeCodeRequest,
} from '../../../src/microsoft/tokens/authorization-code.ts'
import { endpointsAt } from './setup.ts'

const globalEndpoints = endpointsAt(null)
const redirectUri = 'https://console.example/auth/callback'

test('the challenge of the example in RFC 7636 comes out', () => {
  expect(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  )
})

test('random values fit PKCE and do not repeat', () => {
  const values = Array.from({ length: 100 }, randomValue)

  expect(new Set(values).size).toBe(100)
  expect(values.every(value => /^[\w-]{43}$/.test(value))).toBe(true)
})

test('an authorize link carries everything and not the verifier', () => {
  const codeVerifier = randomValue()

  const url = writeAuthorizeUrl({
    endpoints: globalEndpoints,
    clientId: 'app',
    tenant: 'b0b0b0b0-0000-4000-8000-000000000002',
    redirectUri,
    state: 'the-state',
    nonce: 'the-nonce',
    codeVerifier,
    prompt: 'select_account',
    loginHint: 'admin@customer.example',
  })

  expect(url.origin + url.pathname).toBe(
    'https://login.microsoftonline.com/b0b0b0b0-0000-4000-8000-000000000002/oauth2/v2.0/authorize',
  )
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: 'app',
    response_type: 'code',
    response_mode: 'query',
    redirect_uri: redirectUri,
    scope: 'openid profile',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: codeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    prompt: 'select_account',
    login_hint: 'admin@customer.example',
  })
  expect(url.href).not.toContain(codeVerifier)
})

test('a redirect with a code is read', () => {
  const redirect = new URLSearchParams({ code: 'c', state: 's', session_state: 'x' })

  expect(readAuthorizeRedirect(redirect, 'staff_sign_in')).toEqual({
    kind: 'code',
    code: 'c',
    state: 's',
    sessionState: 'x',
  })
})

test('a refusal counts before a code and is named', () => {
  const redirect = new URLSearchParams({
    code: 'c',
    error: 'invalid_grant',
    error_description: 'AADSTS50105: The signed in user is not assigned to a role for the application.',
    state: 's',
  })

  expect(readAuthorizeRedirect(redirect, 'staff_sign_in')).toMatchObject({
    kind: 'refused',
    state: 's',
    failure: { code: 'user_not_assigned', serviceCode: 'AADSTS50105' },
  })
})

test('a parameter given twice is not chosen from', () => {
  expect(readAuthorizeRedirect(new URLSearchParams('code=a&code=b&state=s'), 'staff_sign_in')).toMatchObject({
    kind: 'malformed',
  })
})

test('any redirect is read as one of the three kinds', () => {
  fc.assert(
    fc.property(fc.webQueryParameters(), query => {
      expect(['code', 'refused', 'malformed']).toContain(
        readAuthorizeRedirect(new URLSearchParams(query), 'staff_sign_in').kind,
      )
    }),
  )
})

test('a secret and an assertion each go into their own fields, encoded once', () => {
  const request = { clientId: 'app', code: 'c', redirectUri, codeVerifier: 'v' }

  const bySecret = writeCodeRequest({ ...request, presented: { kind: 'secret', secret: 'a+b/c~&=' } })
  const byAssertion = new URLSearchParams(
    writeCodeRequest({ ...request, presented: { kind: 'assertion', assertion: 'h.p.s' } }),
  )

  expect(bySecret).toContain('client_secret=a%2Bb%2Fc%7E%26%3D')
  expect(byAssertion.get('client_assertion')).toBe('h.p.s')
  expect(byAssertion.get('client_assertion_type')).toBe(
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  )
  expect(byAssertion.has('client_secret')).toBe(false)
})

test('an answer without an ID token is a bad answer', () => {
  expect(() => readCodeResponse('{"access_token":"x"}', 'request-1')).toThrowError('holds no ID token')
  expect(() => readCodeResponse('<html>', null)).toThrowError('holds no ID token')
})

test('a sign-out link names where to return and whom it is about', () => {
  const url = logoutUrl({
    endpoints: globalEndpoints,
    tenantId: 'a0a0a0a0-0000-4000-8000-000000000001',
    postLogoutRedirectUri: 'https://console.example/sign-in',
    loginHint: 'hint',
  })

  expect(url.href).toBe(
    'https://login.microsoftonline.com/a0a0a0a0-0000-4000-8000-000000000001/oauth2/v2.0/logout?post_logout_redirect_uri=https%3A%2F%2Fconsole.example%2Fsign-in&logout_hint=hint',
  )
})
