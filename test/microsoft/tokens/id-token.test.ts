import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rotateCredentials } from '../../../src/microsoft/tokens/credentials/rotation.ts'
import { secretCredential } from '../../../src/microsoft/tokens/credentials/secret.ts'
import { createSignIn, type SignIn } from '../../../src/microsoft/tokens/sign-in.ts'
import {
  aadsts,
  clientId,
  customerTenant,
  type LoopbackEntra,
  partnerTenant,
  startEntra,
} from './loopback-entra.ts'
import { endpointsAt, testRemote } from './setup.ts'

const objectId = 'e0e0e0e0-0000-4000-8000-00000000000e'
const nonce = 'the-nonce'
const minute = 60_000

let entra: LoopbackEntra
let signIn: SignIn
let clock: { ahead: number }

beforeEach(async () => {
  entra = await startEntra()
  clock = { ahead: 0 }
  const now = () => new Date(Date.now() + clock.ahead)
  const credentials = rotateCredentials({
    credentials: [secretCredential({ secret: 'first-secret', label: 'client secret' })],
    now,
  })
  signIn = createSignIn({
    endpoints: endpointsAt(entra.origin),
    clientId,
    credentials,
    remote: testRemote(),
    now,
  })
})

afterEach(() => entra.close())

function claims(change: JWTPayload = {}): JWTPayload {
  const at = Math.floor((Date.now() + clock.ahead) / 1000)
  return {
    iss: `https://login.microsoftonline.com/${partnerTenant}/v2.0`,
    aud: clientId,
    tid: partnerTenant,
    oid: objectId,
    sub: 'pairwise',
    nonce,
    iat: at,
    nbf: at,
    exp: at + 3600,
    preferred_username: 'analyst@partner.example',
    name: 'The analyst',
    roles: ['Tenantry.Analyst'],
    sid: 'session-1',
    login_hint: 'hint-1',
    ver: '2.0',
    ...change,
  }
}

const redirect = {
  tenantId: partnerTenant,
  place: 'staff_sign_in',
  code: 'the-code',
  redirectUri: 'https://console.example/auth/callback',
  codeVerifier: 'the-verifier',
  nonce,
} as const

/** Signs in with a code for which Entra gives this ID token. */
function verify(idToken: string) {
  const code = idToken
  entra.onToken = ({ form }) => ({
    body: { token_type: 'Bearer', expires_in: 3600, id_token: form.get('code'), access_token: 'x' },
  })
  return signIn.complete({ ...redirect, code })
}

test('a good ID token says who came', async () => {
  expect(await verify(await entra.idToken(claims()))).toEqual({
    tenantId: partnerTenant,
    objectId,
    username: 'analyst@partner.example',
    name: 'The analyst',
    roles: ['Tenantry.Analyst'],
    isGuest: false,
    directoryRoles: null,
    sid: 'session-1',
    loginHint: 'hint-1',
    authenticatedAt: null,
    acrs: [],
  })
})

test('a guest is told by who vouches for them, an administrator by the roles of the directory', async () => {
  const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10'
  const guest = claims({ idp: `https://sts.windows.net/${customerTenant}/` })
  const member = claims({ idp: `https://sts.windows.net/${partnerTenant}/`, wids: [globalAdministrator] })

  expect(await verify(await entra.idToken(guest))).toMatchObject({ isGuest: true, directoryRoles: null })
  expect(await verify(await entra.idToken(claims({ idp: 'live.com' })))).toMatchObject({ isGuest: true })
  expect(await verify(await entra.idToken(member))).toMatchObject({
    isGuest: false,
    directoryRoles: [globalAdministrator],
  })
})

test('what is optional may be missing', async () => {
  const jwt = await entra.idToken(
    claims({
      preferred_username: undefined,
      name: undefined,
      roles: undefined,
      sid: undefined,
      login_hint: undefined,
    }),
  )

  expect(await verify(jwt)).toMatchObject({
    username: null,
    name: null,
    roles: [],
    sid: null,
    loginHint: null,
  })
})

test.each([
  ['another audience', { aud: 'd0d0d0d0-0000-4000-8000-000000000009' }, 'wrong_audience'],
  ['several audiences', { aud: [clientId, 'other'] }, 'wrong_audience'],
  ['another issuer', { iss: `https://login.microsoftonline.com/${customerTenant}/v2.0` }, 'wrong_issuer'],
  ['the substituted origin as issuer', { iss: `http://127.0.0.1/${partnerTenant}/v2.0` }, 'wrong_issuer'],
  ['the v1 issuer', { iss: `https://sts.windows.net/${partnerTenant}/` }, 'wrong_issuer'],
  ['another tenant', { tid: customerTenant }, 'wrong_tenant'],
  ['another nonce', { nonce: 'replayed' }, 'wrong_nonce'],
  ['no nonce', { nonce: undefined }, 'malformed'],
  ['no object id', { oid: undefined }, 'malformed'],
  ['no end', { exp: undefined }, 'malformed'],
  ['an object id that is no GUID', { oid: 'me' }, 'malformed'],
  ['an end in the past', { exp: Math.floor(Date.now() / 1000) - 1000 }, 'expired'],
  ['a start in the future', { nbf: Math.floor(Date.now() / 1000) + 1000 }, 'not_yet_valid'],
])('an ID token with %s is refused as such', async (_, change, reason) => {
  const jwt = await entra.idToken(claims(change))

  await expect(verify(jwt)).rejects.toMatchObject({ code: 'unauthenticated', details: { reason } })
})

test('clocks may differ by a minute', async () => {
  const at = Math.floor(Date.now() / 1000)

  await verify(await entra.idToken(claims({ exp: at - 60 })))
  await verify(await entra.idToken(claims({ nbf: at + 60, iat: at + 60 })))
})

test('a signature by a stranger’s key under a known key id is refused', async () => {
  const { privateKey } = await generateKeyPair('RS256')
  const jwt = await entra.idToken(claims(), { key: privateKey })

  await expect(verify(jwt)).rejects.toMatchObject({ details: { reason: 'wrong_signature' } })
})

test('an unsigned token is refused', async () => {
  await expect(verify(new UnsecuredJWT(claims()).encode())).rejects.toMatchObject({
    details: { reason: 'wrong_algorithm' },
  })
})

test('a token signed with a shared secret is refused', async () => {
  const jwt = await new SignJWT(claims())
    .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
    .sign(Buffer.alloc(32))

  await expect(verify(jwt)).rejects.toMatchObject({ details: { reason: 'wrong_algorithm' } })
})

test('a changed payload breaks the signature', async () => {
  const [header, , signature] = (await entra.idToken(claims())).split('.')
  const forged = Buffer.from(JSON.stringify(claims({ roles: ['Tenantry.Admin'] }))).toString('base64url')

  await expect(verify(`${header}.${forged}.${signature}`)).rejects.toMatchObject({
    details: { reason: 'wrong_signature' },
  })
})

test.each(['a.b', 'not a token', 'a.b.c', '{}'])('the text %j is no token', async text => {
  await expect(verify(text)).rejects.toMatchObject({ details: { reason: 'malformed' } })
})

test('an answer without an ID token is a bad answer', async () => {
  await expect(verify('')).rejects.toMatchObject({ failure: { code: 'bad_answer' } })
})

test('a key of another tenant vouches for nobody here', async () => {
  entra.onKeys = null
  const jwt = await entra.idToken(claims())
  const keys = await (await fetch(`${entra.origin}/${partnerTenant}/discovery/v2.0/keys`)).json()
  entra.onKeys = () => ({
    body: {
      keys: (keys as { keys: object[] }).keys.map(key => ({
        ...key,
        issuer: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
      })),
    },
  })

  await expect(verify(jwt)).rejects.toMatchObject({ details: { reason: 'unknown_key' } })
})

test('keys are fetched once and serve many sign-ins', async () => {
  await Promise.all([verify(await entra.idToken(claims())), verify(await entra.idToken(claims()))])
  await verify(await entra.idToken(claims()))

  expect(entra.keyRequests).toBe(1)
})

test('a rolled key is found at once, but unknown ids are not asked for more than once in five minutes', async () => {
  await verify(await entra.idToken(claims()))
  await entra.rollKey('key-2')
  const early = await entra.idToken(claims())
  await expect(verify(early)).rejects.toMatchObject({ details: { reason: 'unknown_key' } })
  expect(entra.keyRequests).toBe(1)

  clock.ahead += 6 * minute
  await verify(await entra.idToken(claims()))
  await expect(verify(await entra.idToken(claims(), { kid: 'invented' }))).rejects.toMatchObject({
    details: { reason: 'unknown_key' },
  })

  expect(entra.keyRequests).toBe(2)
})

test('the last good keys stay when they cannot be renewed', async () => {
  await verify(await entra.idToken(claims()))
  entra.onKeys = () => aadsts(90033, 'temporarily_unavailable', 503)
  clock.ahead += 25 * 60 * minute

  await verify(await entra.idToken(claims()))

  expect(entra.keyRequests).toBeGreaterThan(1)
})

test('without any keys the failure is Entra’s, not the person’s', async () => {
  entra.onKeys = () => ({ body: { keys: [] } })

  await expect(verify(await entra.idToken(claims()))).rejects.toMatchObject({
    failure: { code: 'bad_answer' },
  })
})

test('a code is redeemed with our credential and the person verified', async () => {
  const idToken = await entra.idToken(claims())
  entra.onToken = () => ({
    body: { token_type: 'Bearer', expires_in: 3600, id_token: idToken, access_token: 'x' },
  })

  const identity = await signIn.complete(redirect)

  expect(identity.objectId).toBe(objectId)
  expect(Object.fromEntries(entra.requests[0]?.form ?? [])).toEqual({
    grant_type: 'authorization_code',
    client_id: clientId,
    code: 'the-code',
    redirect_uri: 'https://console.example/auth/callback',
    code_verifier: 'the-verifier',
    scope: 'openid profile',
    client_secret: 'first-secret',
  })
})

test('a used code asks for a new sign-in', async () => {
  entra.onToken = () => aadsts(54005, 'invalid_grant', 400)

  const redeemed = signIn.complete(redirect)

  await expect(redeemed).rejects.toMatchObject({ failure: { code: 'sign_in_required' } })
})
