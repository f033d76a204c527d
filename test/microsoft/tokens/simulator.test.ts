import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { Simulator } from '../../../simulator/src/index.ts'
import { demoSecondSecret } from '../../../simulator/src/registration.ts'
import { Browser } from '../../../simulator/test/browser.ts'
import {
  clientId,
  clientSecret,
  givenCustomer,
  givenSimulator,
  partnerTenantId,
  personWith,
  publicUrl,
} from '../../../simulator/test/world.ts'
import { randomValue, readAuthorizeRedirect } from '../../../src/microsoft/tokens/authorization-code.ts'
import {
  type CredentialRefused,
  createTokens,
  type Tokens,
  type TokensOptions,
} from '../../../src/microsoft/tokens/index.ts'
import { makeCertificate } from './certificate.ts'
import { endpointsAt, testRemote } from './setup.ts'

function tokensFor(simulator: Simulator, options: Partial<TokensOptions> = {}): Tokens {
  return createTokens({
    endpoints: endpointsAt(simulator.origin),
    clientId,
    credentials: [{ kind: 'secret', secret: clientSecret, label: 'client secret' }],
    remote: testRemote(),
    ...options,
  })
}

test('a customer that consented gives tokens with its roles for each surface', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)
  const tokens = tokensFor(simulator)

  const [graph, endpoint] = await Promise.all([
    tokens.acquire(tenantId, 'graph'),
    tokens.acquire(tenantId, 'endpoint'),
  ])

  expect(graph.roles).toContain('ThreatHunting.Read.All')
  expect(endpoint.roles).toContain('Machine.Isolate')
})

test('a customer that did not consent is told apart from one that is gone', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  const tokens = tokensFor(simulator)

  await expect(tokens.acquire(tenantId, 'graph')).rejects.toMatchObject({
    failure: { code: 'consent_missing' },
  })
  simulator.control.deleteTenant(tenantId)

  await expect(tokens.acquire(tenantId, 'graph', { fresh: true })).rejects.toMatchObject({
    failure: { code: 'tenant_not_found' },
  })
})

test('roles that are taken away show in a fresh token only', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)
  const tokens = tokensFor(simulator)
  await tokens.acquire(tenantId, 'graph')
  simulator.control.removeRoles(tenantId, ['ThreatHunting.Read.All'])

  const kept = await tokens.acquire(tenantId, 'graph')
  const fresh = await tokens.acquire(tenantId, 'graph', { fresh: true })

  expect(kept.roles).toContain('ThreatHunting.Read.All')
  expect(fresh.roles).not.toContain('ThreatHunting.Read.All')
})

test('an assertion by a registered certificate is taken, an unknown one gives way to the secret', async () => {
  const simulator = await givenSimulator()
  const [known, unknown] = [makeCertificate(), makeCertificate()]
  simulator.control.registerCertificate(known.certificatePem)
  const refused: CredentialRefused[] = []

  const good = tokensFor(simulator, {
    credentials: [{ kind: 'certificate', pem: known.pem, label: 'certificate' }],
  })
  expect((await good.acquire(partnerTenantId, 'graph')).tenantId).toBe(partnerTenantId)

  const mixed = tokensFor(simulator, {
    credentials: [
      { kind: 'certificate', pem: unknown.pem, label: 'certificate' },
      { kind: 'secret', secret: clientSecret, label: 'client secret' },
    ],
    onCredentialRefused: one => refused.push(one),
  })
  await mixed.acquire(partnerTenantId, 'graph')

  expect(refused).toMatchObject([{ credential: 'certificate', failure: { code: 'certificate_unknown' } }])
})

test('an expired secret gives way to the second', async () => {
  const simulator = await givenSimulator()
  simulator.control.expireSecret(clientSecret)
  const tokens = tokensFor(simulator, {
    credentials: [
      { kind: 'secret', secret: clientSecret, label: 'client secret 1' },
      { kind: 'secret', secret: demoSecondSecret, label: 'client secret 2' },
    ],
  })

  await tokens.acquire(partnerTenantId, 'graph')

  expect(await tokens.expiry()).toMatchObject([{ level: 'expired' }, { level: 'ok' }])
})

test.each([
  ['throttle-text', 'throttled'],
  ['throttle-json', 'throttled'],
  ['internal-error', 'unavailable'],
  ['unavailable-html', 'unavailable'],
  ['unavailable-empty-json', 'unavailable'],
  ['truncated-json', 'bad_answer'],
  ['wrong-content-type', 'bad_answer'],
  ['ok-with-error-body', 'unavailable'],
  ['reset', 'reset'],
] as const)('a token endpoint with the fault %s fails as %s and leaks nothing', async (kind, code) => {
  const simulator = await givenSimulator()
  simulator.control.addFault({ service: 'login', path: '/token', kind, retryAfterSeconds: 120 })
  const tokens = tokensFor(simulator)

  const thrown = await tokens.acquire(partnerTenantId, 'graph').catch((error: unknown) => error)

  expect(thrown).toMatchObject({ failure: { service: 'entra', code, permanent: false } })
  expect(inspect(thrown, { depth: 12 })).not.toContain(clientSecret)
})

test('a person signs in, is known by the ID token, and the code works once', async () => {
  const simulator = await givenSimulator()
  const { signIn } = tokensFor(simulator)
  const [state, nonce, codeVerifier] = [randomValue(), randomValue(), randomValue()]
  const redirectUri = `${publicUrl}/auth/callback`
  const browser = new Browser(simulator.origin)
  const url = signIn.authorizeUrl({ tenant: partnerTenantId, redirectUri, state, nonce, codeVerifier })

  const page = await browser.press(await browser.open(url.href), 'Sign in as analyst@partner.example')
  const redirect = readAuthorizeRedirect(
    page.location?.searchParams ?? new URLSearchParams(),
    'staff_sign_in',
  )
  if (redirect.kind !== 'code') throw new Error(`the sign-in ended as ${inspect(redirect)}`)
  const place = 'staff_sign_in' as const
  const request = { tenantId: partnerTenantId, place, code: redirect.code, redirectUri, codeVerifier, nonce }
  const identity = await signIn.complete(request)

  expect(redirect.state).toBe(state)
  expect(identity).toMatchObject({
    tenantId: partnerTenantId,
    username: 'analyst@partner.example',
    roles: ['Tenantry.Analyst'],
    sid: expect.any(String),
    loginHint: expect.any(String),
  })
  await expect(signIn.complete(request)).rejects.toMatchObject({ failure: { code: 'sign_in_required' } })
})

test('an admin’s sign-in in the customer’s tenant does not pass for another tenant', async () => {
  const simulator = await givenSimulator()
  const customer = givenCustomer(simulator)
  simulator.control.grantConsent(customer.tenantId)
  const { signIn } = tokensFor(simulator)
  const [state, nonce, codeVerifier] = [randomValue(), randomValue(), randomValue()]
  const redirectUri = `${publicUrl}/consent/proof`
  const browser = new Browser(simulator.origin)
  const url = signIn.authorizeUrl({ tenant: customer.tenantId, redirectUri, state, nonce, codeVerifier })

  const admin = personWith(customer, 'Global Administrator')
  /** Entra's single sign-on gives a new code each time. */
  const redirectWithCode = async () => {
    const pick = await browser.open(url.href)
    const button = pick.text.includes('Continue as') ? `Continue as ${admin}` : `Sign in as ${admin}`
    const page = pick.location ? pick : await browser.press(pick, button)
    const code = page.location?.searchParams.get('code') ?? ''
    return { tenantId: customer.tenantId, place: 'proof_sign_in', code, redirectUri, codeVerifier } as const
  }

  expect((await signIn.complete({ ...(await redirectWithCode()), nonce })).username).toBe(admin)
  await expect(
    signIn.complete({ ...(await redirectWithCode()), tenantId: partnerTenantId, nonce }),
  ).rejects.toMatchObject({ failure: { code: 'wrong_account' } })
  await expect(signIn.complete({ ...(await redirectWithCode()), nonce: 'replayed' })).rejects.toMatchObject({
    details: { reason: 'wrong_nonce' },
  })
})

test('a rolled signing key is found', async () => {
  const simulator = await givenSimulator()
  const clock = { ahead: 0 }
  const { signIn } = tokensFor(simulator, { now: () => new Date(Date.now() + clock.ahead) })
  const redirectUri = `${publicUrl}/auth/callback`

  const signInOnce = async () => {
    const [state, nonce, codeVerifier] = [randomValue(), randomValue(), randomValue()]
    const browser = new Browser(simulator.origin)
    const url = signIn.authorizeUrl({ tenant: partnerTenantId, redirectUri, state, nonce, codeVerifier })
    const page = await browser.press(await browser.open(url.href), 'Sign in as reader@partner.example')
    const code = page.location?.searchParams.get('code') ?? ''
    return signIn.complete({
      tenantId: partnerTenantId,
      place: 'staff_sign_in',
      code,
      redirectUri,
      codeVerifier,
      nonce,
    })
  }
  await signInOnce()
  await simulator.control.rollKeys()
  await simulator.control.rollKeys()
  clock.ahead = 5 * 60_000

  expect((await signInOnce()).username).toBe('reader@partner.example')
})
