import { createHash, createHmac, createPublicKey } from 'node:crypto'
import { generateKeyPair, type JWTPayload } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoRegistration } from '../../src/settings/demo-registration.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { createVisitor, type Visitor } from '../helpers/visitor.ts'
import { type LoopbackEntra, startEntra } from '../microsoft/tokens/loopback-entra.ts'

const { partnerTenantId, clientId } = demoRegistration
const elsewhere = 'b0b0b0b0-0000-4000-8000-000000000002'

let entra: LoopbackEntra
let running: RunningApp

beforeAll(async () => {
  entra = await startEntra()
  running = await startApp({ work: false, settings: { TENANTRY_LOGIN_URL: entra.origin } })
})

afterAll(async () => {
  await running?.close()
  await entra?.close()
})

const seconds = () => Math.floor(Date.now() / 1000)
const issuerOf = (tenantId: string) => `https://login.microsoftonline.com/${tenantId}/v2.0`
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function claims(nonce: string, changes: JWTPayload = {}): JWTPayload {
  return {
    iss: issuerOf(partnerTenantId),
    aud: clientId,
    tid: partnerTenantId,
    oid: 'e0e0e0e0-0000-4000-8000-00000000000e',
    sub: 'pairwise',
    nonce,
    iat: seconds(),
    nbf: seconds(),
    exp: seconds() + 3600,
    preferred_username: 'mallory@partner.example',
    roles: ['Tenantry.Admin'],
    ver: '2.0',
    ...changes,
  }
}

/** Begins a sign-in, and comes back with a code for which Entra gives the token. */
async function comeBackWith(token: (nonce: string) => string | Promise<string>): Promise<Visitor> {
  const visitor = createVisitor(running.url)
  await visitor.get('/sign-in')
  const away = new URL((await visitor.post('/sign-in', { returnTo: '/tenants' })).location ?? '')
  entra.onToken = async () => ({
    body: {
      token_type: 'Bearer',
      expires_in: 3600,
      access_token: 'x',
      id_token: await token(away.searchParams.get('nonce') ?? ''),
    },
  })
  const state = away.searchParams.get('state') ?? ''
  await visitor.get(`/auth/callback?${new URLSearchParams({ code: 'the-code', state })}`)
  return visitor
}

const isIn = async (visitor: Visitor) => (await visitor.get('/tenants')).status === 200

test('the token of the partner’s tenant for this sign-in lets somebody in', async () => {
  expect(await isIn(await comeBackWith(nonce => entra.idToken(claims(nonce))))).toBe(true)
})

test.each<[string, JWTPayload | ((nonce: string) => JWTPayload)]>([
  ['another audience', { aud: 'd0d0d0d0-0000-4000-8000-000000000009' }],
  ['a second audience beside us', { aud: [clientId, 'd0d0d0d0-0000-4000-8000-000000000009'] }],
  ['another issuer', { iss: issuerOf(elsewhere) }],
  ['the v1 issuer', { iss: `https://sts.windows.net/${partnerTenantId}/` }],
  ['the tenant of a customer', { tid: elsewhere }],
  ['a customer’s tenant and issuer', { tid: elsewhere, iss: issuerOf(elsewhere) }],
  ['the nonce of another sign-in', { nonce: 'replayed' }],
  ['no nonce', { nonce: undefined }],
  ['a nonce in another case', nonce => ({ nonce: nonce.toUpperCase() })],
  ['an end in the past', { exp: seconds() - 600 }],
  ['a start in the future', { nbf: seconds() + 600 }],
  ['no end', { exp: undefined }],
  ['no object id', { oid: undefined }],
])('a token with %s lets nobody in, though it is signed well', async (_what, changes) => {
  const visitor = await comeBackWith(nonce =>
    entra.idToken(claims(nonce, typeof changes === 'function' ? changes(nonce) : changes)),
  )

  expect(await isIn(visitor)).toBe(false)
})

test('a token without a signature lets nobody in, however "none" is written', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    const visitor = await comeBackWith(nonce => `${part({ alg, typ: 'JWT' })}.${part(claims(nonce))}.`)
    expect(await isIn(visitor), alg).toBe(false)
  }
})

test('a token signed with the public key as a shared secret lets nobody in', async () => {
  const keys = await fetch(`${entra.origin}/${partnerTenantId}/discovery/v2.0/keys`)
  const [jwk] = ((await keys.json()) as { keys: (JsonWebKey & { kid: string; [member: string]: unknown })[] })
    .keys
  if (!jwk) throw new Error('Entra has no key')
  const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  for (const secret of [pem, JSON.stringify(jwk), createHash('sha256').update(pem).digest()]) {
    const visitor = await comeBackWith(nonce => {
      const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: jwk.kid })}.${part(claims(nonce))}`
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    })
    expect(await isIn(visitor)).toBe(false)
  }
})

test('a token of a stranger’s key lets nobody in: under a known key id, an unknown one, or with its own key inside', async () => {
  const { privateKey } = await generateKeyPair('RS256')
  for (const kid of ['key-1', 'key-of-a-stranger', '../../key-1', '']) {
    const visitor = await comeBackWith(nonce => entra.idToken(claims(nonce), { kid, key: privateKey }))
    expect(await isIn(visitor), kid).toBe(false)
  }
})

test('a token whose payload was changed after it was signed lets nobody in', async () => {
  const visitor = await comeBackWith(async nonce => {
    const [head, , signature] = (await entra.idToken(claims(nonce, { roles: ['Tenantry.Reader'] }))).split(
      '.',
    )
    return [head, part(claims(nonce)), signature].join('.')
  })

  expect(await isIn(visitor)).toBe(false)
})

test('app roles of other applications give nothing here', async () => {
  const roles = ['Tenantry.admin', 'TENANTRY.ADMIN', 'Admin', 'Tenantry.Admin ', 'Tenantry.AdminX', 'admin']
  const visitor = await comeBackWith(nonce => entra.idToken(claims(nonce, { roles })))

  expect(await isIn(visitor)).toBe(false)
  expect((await visitor.get('/no-role')).status).toBe(403)
})

test('each failure is in the audit, with where it came from', async () => {
  await comeBackWith(nonce => entra.idToken(claims(nonce, { aud: 'other' })))

  const [row] = await running.database.db.auditEvent.findMany({
    where: { action: 'staff.sign-in-failed', result: 'refused' },
    take: 1,
  })
  expect(row).toMatchObject({ actorKind: 'staff', actorId: 'unknown' })
})
