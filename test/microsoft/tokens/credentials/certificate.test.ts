import { createHash, generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, importX509, jwtVerify } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expiryLevel } from '../../../../src/microsoft/tokens/credentials/expiry.ts'
import { makeCertificate } from '../certificate.ts'
import {
  aadsts,
  clientId,
  customerTenant,
  type LoopbackEntra,
  partnerTenant,
  startEntra,
} from '../loopback-entra.ts'
import { givenTokens } from '../setup.ts'

const day = 24 * 3600 * 1000

let entra: LoopbackEntra
let clock: { ahead: number }

beforeEach(async () => {
  entra = await startEntra()
  clock = { ahead: 0 }
})

afterEach(() => entra.close())

const given = (...pems: string[]) =>
  givenTokens(entra, {
    credentials: pems.map((pem, index) => ({ kind: 'certificate', pem, label: `certificate ${index + 1}` })),
    now: () => new Date(Date.now() + clock.ahead),
  })

const assertionOf = (index: number) => entra.requests[index]?.form.get('client_assertion') ?? ''

test('an assertion is signed with PS256, names the certificate and is bound to the tenant', async () => {
  const certificate = makeCertificate()
  const tokens = given(certificate.pem)

  await tokens.acquire(customerTenant, 'graph')

  const assertion = assertionOf(0)
  const key = await importX509(certificate.certificatePem, 'PS256')
  const { payload } = await jwtVerify(assertion, key, {
    audience: `https://login.microsoftonline.com/${customerTenant}/oauth2/v2.0/token`,
    issuer: clientId,
    subject: clientId,
  })
  expect(decodeProtectedHeader(assertion)).toEqual({
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': createHash('sha256').update(certificate.der).digest('base64url'),
  })
  expect((payload.exp ?? 0) - (payload.nbf ?? 0)).toBe(600)
  expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/)
  expect(entra.requests[0]?.form.get('client_assertion_type')).toBe(
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  )
  expect(entra.requests[0]?.form.has('client_secret')).toBe(false)
})

test('one assertion serves a tenant for eight minutes, and no other tenant', async () => {
  const tokens = given(makeCertificate().pem)

  await tokens.acquire(customerTenant, 'graph')
  await tokens.acquire(customerTenant, 'endpoint')
  await tokens.acquire(partnerTenant, 'graph')
  clock.ahead += 8.5 * 60_000
  await tokens.acquire(customerTenant, 'graph', { fresh: true })

  expect(assertionOf(1)).toBe(assertionOf(0))
  expect(assertionOf(2)).not.toBe(assertionOf(0))
  expect(assertionOf(3)).not.toBe(assertionOf(0))
})

test('an assertion refused for its time is not sent again', async () => {
  const tokens = given(makeCertificate().pem)
  entra.onToken = () => aadsts(700024, 'invalid_client', 401)
  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'assertion_time' },
  })
  entra.onToken = request => entra.accessToken(request)

  await tokens.acquire(customerTenant, 'graph', { fresh: true })

  expect(assertionOf(1)).not.toBe(assertionOf(0))
})

test('the second certificate takes over when the first is not known there', async () => {
  const [old, current] = [makeCertificate(), makeCertificate()]
  const tokens = given(old.pem, current.pem)
  const currentThumbprint = createHash('sha256').update(current.der).digest('base64url')
  entra.onToken = request => {
    const header = decodeProtectedHeader(request.form.get('client_assertion') ?? '')
    return header['x5t#S256'] === currentThumbprint
      ? entra.accessToken(request)
      : aadsts(700027, 'invalid_client', 401)
  }

  await tokens.acquire(customerTenant, 'graph')

  expect(entra.requests).toHaveLength(2)
})

test('the end of a certificate is known in days', async () => {
  const tokens = given(makeCertificate({ expiresAt: new Date(Date.now() + 10.5 * day) }).pem)

  expect(await tokens.expiry()).toMatchObject([
    { credential: 'certificate 1', kind: 'certificate', daysLeft: 10, level: 'warning', failure: null },
  ])
})

test.each([
  [31, 'ok'],
  [30, 'notice'],
  [14, 'warning'],
  [7, 'critical'],
  [1, 'critical'],
  [0, 'expired'],
  [-3, 'expired'],
])('%d days before the end the level is %s', (days, level) => {
  const now = new Date('2026-11-22T10:00:00Z')

  expect(expiryLevel(new Date(now.getTime() + days * day), now)).toBe(level)
})

test('the order in the PEM text and other certificates do not matter', async () => {
  const [own, other] = [makeCertificate(), makeCertificate()]
  const tokens = given(`${other.certificatePem}\n${own.certificatePem}\n${own.keyPem}`)

  await tokens.acquire(customerTenant, 'graph')

  expect(decodeProtectedHeader(assertionOf(0))['x5t#S256']).toBe(
    createHash('sha256').update(own.der).digest('base64url'),
  )
})

test.each([
  ['no key', () => makeCertificate().certificatePem, 'holds no private key'],
  ['no certificate', () => makeCertificate().keyPem, 'holds no certificate'],
  ['a foreign key', () => makeCertificate().keyPem + makeCertificate().certificatePem, 'belongs to none'],
  ['a broken key', () => makeCertificate().pem.replace(/MII/, 'AAA'), 'cannot be read'],
  ['an elliptic key', () => ellipticKey() + makeCertificate().certificatePem, 'not RSA'],
  ['nothing', () => '', 'holds no private key'],
])('a PEM text with %s stops the start in words, quoting nothing', (_, makePem, words) => {
  const pem = makePem()
  let message = ''

  try {
    given(pem)
  } catch (error) {
    message = String(error)
  }

  expect(message).toContain('certificate 1')
  expect(message).toContain(words)
  expect(message).not.toMatch(/MII|BEGIN/)
})

function ellipticKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
}
