import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { decodeProtectedHeader, importX509, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CredentialSettings } from '../../../../src/microsoft/tokens/index.ts'
import { makeCertificate } from '../certificate.ts'
import { type LoopbackAzure, startAzure } from '../loopback-azure.ts'
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
let azure: LoopbackAzure
let clock: { ahead: number }

// Azure's library keeps the address and the tokens of the first identity endpoint for the whole process.
beforeAll(async () => {
  azure = await startAzure()
})

afterAll(() => azure.close())

beforeEach(async () => {
  entra = await startEntra()
  azure.reset()
  clock = { ahead: 0 }
})

afterEach(() => entra.close())

const given = (...credentials: CredentialSettings[]) =>
  givenTokens(entra, { credentials, now: () => new Date(Date.now() + clock.ahead) })

const vaultSecret = (): CredentialSettings => ({
  kind: 'key-vault-secret',
  vaultUrl: azure.origin,
  name: 'app-secret',
  label: 'key vault secret',
})
const vaultCertificate = (): CredentialSettings => ({
  kind: 'key-vault-certificate',
  vaultUrl: azure.origin,
  name: 'app-cert',
  label: 'key vault certificate',
})
const identity = (id: string): CredentialSettings => ({
  kind: 'managed-identity',
  clientId: id,
  label: 'managed identity',
})
const fallback: CredentialSettings = { kind: 'secret', secret: 'second-secret', label: 'client secret' }

test('a secret in a key vault is read with this machine’s identity and used for all tenants', async () => {
  azure.secrets.set('app-secret', { value: 'vaulted', expiresAt: new Date(Date.now() + 20.5 * day) })
  const tokens = given(vaultSecret())

  await tokens.acquire(customerTenant, 'graph')
  await tokens.acquire(partnerTenant, 'graph')

  expect(entra.requests.map(({ form }) => form.get('client_secret'))).toEqual(['vaulted', 'vaulted'])
  expect(azure.requests.filter(path => path.startsWith('GET /secrets/'))).toHaveLength(2)
  expect(await tokens.expiry()).toMatchObject([{ kind: 'key-vault-secret', daysLeft: 20, level: 'notice' }])
})

test('a secret replaced in the vault is found as soon as the old one is refused', async () => {
  azure.secrets.set('app-secret', { value: 'old' })
  const tokens = given(vaultSecret())
  await tokens.acquire(customerTenant, 'graph')
  azure.secrets.set('app-secret', { value: 'new' })
  entra.onToken = request =>
    request.form.get('client_secret') === 'new'
      ? entra.accessToken(request)
      : aadsts(7000222, 'invalid_client', 401)

  await tokens.acquire(customerTenant, 'endpoint')

  expect(entra.requests.map(({ form }) => form.get('client_secret'))).toEqual(['old', 'old', 'new'])
})

test('a known secret outlives the vault', async () => {
  azure.secrets.set('app-secret', { value: 'vaulted' })
  const tokens = given(vaultSecret())
  entra.onToken = request => entra.accessToken(request, { expiresIn: 4 * 3600 })
  await tokens.acquire(customerTenant, 'graph')
  azure.vaultFault = { status: 403, body: { error: { code: 'Forbidden' } } }
  clock.ahead += 2 * 3600 * 1000

  await tokens.acquire(partnerTenant, 'graph')

  expect(entra.requests).toHaveLength(2)
})

test('a key vault signs and its private key stays there', async () => {
  const certificate = makeCertificate({ expiresAt: new Date(Date.now() + 40.5 * day) })
  azure.certificates.set('app-cert', certificate)
  const tokens = given(vaultCertificate())

  await tokens.acquire(customerTenant, 'graph')
  await tokens.acquire(customerTenant, 'endpoint')

  const assertion = entra.requests[0]?.form.get('client_assertion') ?? ''
  const key = await importX509(certificate.certificatePem, 'PS256')
  await jwtVerify(assertion, key, {
    audience: `https://login.microsoftonline.com/${customerTenant}/oauth2/v2.0/token`,
    issuer: clientId,
  })
  expect(decodeProtectedHeader(assertion)['x5t#S256']).toBe(
    createHash('sha256').update(certificate.der).digest('base64url'),
  )
  expect(azure.requests.filter(path => path === 'POST /keys/app-cert/1/sign').length).toBeLessThanOrEqual(2)
  expect(entra.requests[1]?.form.get('client_assertion')).toBe(assertion)
  expect(azure.requests.some(path => path.includes('/secrets/'))).toBe(false)
  expect(await tokens.expiry()).toMatchObject([{ daysLeft: 40, level: 'ok', failure: null }])
})

test('a certificate replaced in the vault is found as soon as the old one is refused', async () => {
  azure.certificates.set('app-cert', makeCertificate())
  const tokens = given(vaultCertificate())
  await tokens.acquire(customerTenant, 'graph')
  const replaced = makeCertificate()
  azure.certificates.set('app-cert', replaced)
  const thumbprint = createHash('sha256').update(replaced.der).digest('base64url')
  entra.onToken = request =>
    decodeProtectedHeader(request.form.get('client_assertion') ?? '')['x5t#S256'] === thumbprint
      ? entra.accessToken(request)
      : aadsts(700027, 'invalid_client', 401)

  await tokens.acquire(customerTenant, 'endpoint')

  expect(entra.requests).toHaveLength(3)
})

test('the token of a managed identity is the assertion', async () => {
  const tokens = given(identity('f0f0f0f0-0000-4000-8000-00000000000f'))

  await tokens.acquire(customerTenant, 'graph')
  await tokens.acquire(partnerTenant, 'graph')

  expect(entra.requests[0]?.form.get('client_assertion')).toBe(
    'identity-token-for-api://AzureADTokenExchange',
  )
  expect(azure.identityRequests).toHaveLength(1)
  expect(azure.identityRequests[0]?.get('client_id')).toBe('f0f0f0f0-0000-4000-8000-00000000000f')
})

test('the system-assigned identity is asked for without a client id', async () => {
  const tokens = given(identity('system'))

  await tokens.acquire(customerTenant, 'graph')

  expect(azure.identityRequests[0]?.has('client_id')).toBe(false)
})

test.each([
  [
    'a vault that refuses',
    { status: 403, body: { error: { code: 'Forbidden' } } },
    vaultSecret,
    'vault_denied',
  ],
  ['a secret that is not there', null, vaultSecret, 'vault_item_missing'],
  ['a certificate that is not there', null, vaultCertificate, 'vault_item_missing'],
  [
    'a certificate that may not be read',
    { status: 403, body: { error: { code: 'Forbidden' } } },
    vaultCertificate,
    'vault_denied',
  ],
] as const)(
  '%s is a failure with its name, and the next credential takes over',
  async (_, fault, setting, code) => {
    azure.vaultFault = fault
    const alone = given(setting())
    const thrown = await alone.acquire(customerTenant, 'graph').catch((error: unknown) => error)
    expect(thrown).toMatchObject({
      failure: { service: 'key-vault', code, permanent: true, whoseMove: 'partner' },
    })
    expect(inspect(thrown, { depth: 9 })).not.toContain('identity-token-for')

    const both = given(setting(), fallback)
    await both.acquire(customerTenant, 'graph')

    expect(entra.requests.map(({ form }) => form.get('client_secret'))).toEqual(['second-secret'])
    expect(await both.expiry()).toMatchObject([
      { level: 'critical', failure: { message: expect.any(String) } },
      { level: 'ok', failure: null },
    ])
  },
)

test('a machine without the identity says so', async () => {
  azure.identityFault = {
    status: 400,
    body: { error: 'invalid_request', error_description: 'Identity not found' },
  }
  const tokens = given(identity('f0f0f0f0-0000-4000-8000-0000000000f1'))

  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toMatchObject({
    failure: { service: 'managed-identity', code: 'identity_missing', whoseMove: 'partner' },
  })
})

test('federation that does not match is a failure of the credential', async () => {
  entra.onToken = () => aadsts(700213, 'invalid_client', 401)
  const tokens = given(identity('system'))

  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'federation_mismatch', whoseMove: 'partner' },
  })
})
