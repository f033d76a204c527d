import { type createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { certificatePem, selfSignedCertificate } from '../../src/entra/certificate.ts'
import { askToken, claimsOf, clientId, givenConsented, partnerTenantId } from '../world.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type AssertionParts = {
  alg?: 'PS256' | 'RS256'
  header?: Partial<JWTHeaderParameters>
  claims?: JWTPayload
  key?: ReturnType<typeof createPrivateKey>
}

async function givenCertificate() {
  const { simulator, tenantId } = await givenConsented()
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = selfSignedCertificate(keys, {
    commonName: 'Tenantry',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
  })
  const { sha1, sha256 } = simulator.control.registerCertificate(certificatePem(certificate))

  function assertion({ alg = 'PS256', header, claims, key = keys.privateKey }: AssertionParts = {}) {
    const seconds = Math.floor(Date.now() / 1000)
    return new SignJWT({
      aud: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
      iss: clientId,
      sub: clientId,
      jti: 'jti-1',
      nbf: seconds,
      iat: seconds,
      exp: seconds + 600,
      ...claims,
    })
      .setProtectedHeader({
        alg,
        typ: 'JWT',
        ...(alg === 'PS256' ? { 'x5t#S256': sha256 } : { x5t: sha1 }),
        ...header,
      })
      .sign(key)
  }

  async function ask(parts?: AssertionParts) {
    return askToken(simulator, tenantId, {
      client_secret: undefined,
      client_assertion_type: assertionType,
      client_assertion: await assertion(parts),
    })
  }
  return { simulator, tenantId, ask }
}

test.each(['PS256', 'RS256'] as const)('a certificate assertion with %s is accepted', async alg => {
  const { ask } = await givenCertificate()

  const { status, body } = await ask({ alg })

  expect(status).toBe(200)
  expect(claimsOf(body.access_token).appidacr).toBe('2')
})

const hourAgo = Math.floor(Date.now() / 1000) - 3600

const foreignKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

test.each<[string, AssertionParts, number]>([
  ['forged', { key: foreignKey }, 700027],
  ['of an unknown certificate', { header: { 'x5t#S256': 'AAAA' } }, 700027],
  ['expired', { claims: { nbf: hourAgo - 600, exp: hourAgo } }, 700024],
  ['not yet valid', { claims: { nbf: hourAgo + 7200, exp: hourAgo + 9000 } }, 700024],
  [
    'made out to another tenant',
    { claims: { aud: 'https://login.microsoftonline.com/x/oauth2/v2.0/token' } },
    50013,
  ],
  ['about somebody else', { claims: { sub: partnerTenantId } }, 50048],
  ['of another client', { claims: { iss: partnerTenantId, sub: partnerTenantId } }, 700021],
])('an assertion that is %s is refused', async (_what, parts, code) => {
  const { ask } = await givenCertificate()

  const { status, body } = await ask(parts)

  expect(status).toBe(401)
  expect(body).toMatchObject({ error: 'invalid_client', error_codes: [code] })
})

test('text that is no assertion, and an unknown assertion type, are refused', async () => {
  const { simulator, tenantId } = await givenConsented()
  const ask = (type: string) =>
    askToken(simulator, tenantId, {
      client_secret: undefined,
      client_assertion_type: type,
      client_assertion: 'not.a.token',
    })

  const garbage = await ask(assertionType)
  const otherType = await ask('urn:something-else')

  expect(garbage.body.error_codes).toEqual([50027])
  expect(otherType.body.error_codes).toEqual([90100])
})

test('a federated assertion is matched by issuer, subject and audience', async () => {
  const { simulator, tenantId } = await givenConsented()
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const issuer = `https://login.microsoftonline.com/${partnerTenantId}/v2.0`
  const credential = { issuer, subject: 'identity-1', audience: 'api://AzureADTokenExchange' }
  const jwk = createPublicKey(keys.publicKey.export({ type: 'spki', format: 'pem' })).export({
    format: 'jwk',
  })
  simulator.control.registerFederatedCredential({
    ...credential,
    keys: [{ ...jwk, alg: 'RS256', kid: 'k1' }],
  })

  async function ask(claims: JWTPayload) {
    const token = await new SignJWT({ iss: issuer, sub: 'identity-1', aud: credential.audience, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(keys.privateKey)
    const { status, body } = await askToken(simulator, tenantId, {
      client_secret: undefined,
      client_assertion_type: assertionType,
      client_assertion: token,
    })
    return status === 200 ? 200 : body.error_codes
  }

  expect(await ask({})).toBe(200)
  expect(await ask({ iss: 'https://elsewhere.example' })).toEqual([700211])
  expect(await ask({ sub: 'Identity-1' })).toEqual([700213])
  expect(await ask({ aud: 'api://other' })).toEqual([700212])
  expect(await ask({ scp: 'user_impersonation' })).toEqual([700229])
})
