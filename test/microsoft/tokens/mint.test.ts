import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  aadsts,
  clientId,
  customerTenant,
  type LoopbackEntra,
  partnerTenant,
  startEntra,
} from './loopback-entra.ts'
import { givenTokens } from './setup.ts'

let entra: LoopbackEntra

beforeEach(async () => {
  entra = await startEntra()
})

afterEach(() => entra.close())

test('a token is asked for in the tenant, for one resource, and read', async () => {
  const tokens = givenTokens(entra)
  entra.onToken = request =>
    entra.accessToken(request, { roles: ['ThreatHunting.Read.All'], expiresIn: 3599 })

  const token = await tokens.acquire(customerTenant, 'graph')

  expect(token).toMatchObject({
    tenantId: customerTenant,
    surface: 'graph',
    roles: ['ThreatHunting.Read.All'],
  })
  const seconds = (token.expiresAt.getTime() - Date.now()) / 1000
  expect(seconds).toBeGreaterThan(3590)
  expect(seconds).toBeLessThanOrEqual(3599)
  expect(token.refreshAt.getTime()).toBeLessThan(token.expiresAt.getTime() - 299_000)
  const form = Object.fromEntries(entra.requests[0]?.form ?? [])
  expect(entra.requests[0]?.path).toBe(`/${customerTenant}/oauth2/v2.0/token`)
  expect(form).toMatchObject({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: 'first-secret',
    scope: expect.stringContaining('https://graph.microsoft.com/.default'),
  })
})

test.each([
  ['graph', 'https://graph.microsoft.com/.default'],
  ['defender', 'https://api.security.microsoft.com/.default'],
  ['endpoint', 'https://api.securitycenter.microsoft.com/.default'],
] as const)('the %s surface has its own scope', async (surface, scope) => {
  const tokens = givenTokens(entra)

  await tokens.acquire(customerTenant, surface)

  expect(entra.requests[0]?.form.get('scope')?.split(' ')).toContain(scope)
})

test('Entra’s own wish when to renew is followed', async () => {
  const tokens = givenTokens(entra)
  entra.onToken = request => entra.accessToken(request, { expiresIn: 7200, refreshIn: 3600 })

  const token = await tokens.acquire(customerTenant, 'graph')

  expect(Math.round((token.expiresAt.getTime() - token.refreshAt.getTime()) / 1000)).toBe(3600)
})

test('roles that arrive late are seen by a fresh token and stay', async () => {
  const tokens = givenTokens(entra)
  expect((await tokens.acquire(customerTenant, 'graph')).roles).toEqual([])
  entra.onToken = request => entra.accessToken(request, { roles: ['SecurityIncident.Read.All'] })

  expect((await tokens.acquire(customerTenant, 'graph')).roles).toEqual([])
  const proof = await tokens.acquire(customerTenant, 'graph', { fresh: true })

  expect(proof.roles).toEqual(['SecurityIncident.Read.All'])
  expect(await tokens.acquire(customerTenant, 'graph')).toBe(proof)
  expect(entra.requests).toHaveLength(2)
})

test.each([
  ['no service principal', aadsts(7000229, 'invalid_client', 401), 'consent_missing', true],
  ['an app unknown there', aadsts(700016, 'unauthorized_client', 400), 'consent_missing', true],
  ['a disabled app', aadsts(7000112, 'unauthorized_client', 400), 'app_disabled', true],
  ['a tenant that is gone', aadsts(90002, 'invalid_request', 400), 'tenant_not_found', true],
  ['an API that is not there', aadsts(500011, 'invalid_resource', 400), 'service_missing', true],
])('%s is a failure with its name', async (_, reply, code, permanent) => {
  const tokens = givenTokens(entra)
  entra.onToken = () => reply

  const acquired = tokens.acquire(customerTenant, 'graph')

  await expect(acquired).rejects.toMatchObject({ failure: { service: 'entra', code, permanent } })
  await acquired.catch((error: unknown) => expect(inspect(error)).not.toContain(clientId))
})

test('throttling keeps its waiting time, which MSAL would lose', async () => {
  const tokens = givenTokens(entra)
  entra.onToken = () => ({ status: 429, headers: { 'retry-after': '600' }, body: 'Too Many Requests' })

  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'throttled', status: 429, retryAfterSeconds: 600, permanent: false },
  })
})

test.each([
  ['an empty object', { body: {} }],
  ['an empty token', { body: { token_type: 'Bearer', expires_in: 3600, access_token: '' } }],
  ['no lifetime', { body: { token_type: 'Bearer', access_token: 'x.y.z' } }],
  [
    'a token that is no JWT',
    { body: { token_type: 'Bearer', expires_in: 3600, access_token: 'opaque-value' } },
    'bad_token',
  ],
  ['another kind of token', { body: { token_type: 'pop', expires_in: 3600, access_token: 'x.y.z' } }],
])('an answer with %s is a bad answer that quotes nothing', async (_, reply, code = 'bad_answer') => {
  const tokens = givenTokens(entra)
  entra.onToken = () => reply

  const thrown = await tokens.acquire(customerTenant, 'graph').catch((error: unknown) => error)

  expect(thrown).toMatchObject({ failure: { code } })
  expect(inspect(thrown, { depth: 9 })).not.toMatch(/x\.y\.z|opaque-value|first-secret/)
})

test('a token of another tenant is refused', async () => {
  const tokens = givenTokens(entra)
  entra.onToken = request => entra.accessToken(request, { claims: { tid: partnerTenant } })

  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toThrowError('"tid" in the token')
})

test('a domain is no key for a tenant', async () => {
  const tokens = givenTokens(entra)

  await expect(tokens.acquire('customer.example', 'graph')).rejects.toMatchObject({ code: 'invalid' })
  expect(entra.requests).toHaveLength(0)
})

test('nothing that a token layer shows or throws holds a secret or a token', async () => {
  const lines: unknown[] = []
  const log = { warn: (fields: object, message: string) => lines.push([fields, message]) }
  const tokens = givenTokens(entra, { log })
  const token = await tokens.acquire(customerTenant, 'graph')
  entra.onToken = () => aadsts(7000215, 'invalid_client', 401)
  const thrown = await tokens.acquire(partnerTenant, 'graph').catch((error: unknown) => error)

  const shown = [tokens, token, thrown, lines, tokens.stats(), await tokens.expiry()]
  const text = shown
    .map(one => inspect(one, { depth: 12, showHidden: true }) + JSON.stringify(one))
    .join('\n')

  expect(lines.length).toBeGreaterThan(0)
  expect(text).not.toContain('first-secret')
  expect(text).not.toContain(token.value)
})
