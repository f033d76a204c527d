import { createRemoteJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { Browser } from '../browser.ts'
import {
  analyst,
  clientId,
  get,
  givenCode,
  givenCustomer,
  givenSimulator,
  makePkce,
  partnerTenantId,
  personWith,
  publicUrl,
  redeem,
  signInAddress,
} from '../world.ts'

test('staff sign in with PKCE and get a verifiable ID token with their role', async () => {
  const simulator = await givenSimulator()
  const { verifier, challenge } = makePkce()
  const code = await givenCode(simulator, partnerTenantId, analyst, {
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })

  const { status, body } = await redeem(simulator, partnerTenantId, code, { code_verifier: verifier })

  expect(status).toBe(200)
  const keys = createRemoteJWKSet(new URL(`${simulator.origin}/${partnerTenantId}/discovery/v2.0/keys`))
  const { payload } = await jwtVerify(String(body.id_token), keys, {
    issuer: `https://login.microsoftonline.com/${partnerTenantId}/v2.0`,
    audience: clientId,
  })
  expect(payload).toMatchObject({
    tid: partnerTenantId,
    nonce: 'nonce-1',
    roles: ['Tenantry.Analyst'],
    preferred_username: analyst,
    ver: '2.0',
    sid: expect.any(String),
    oid: expect.any(String),
    login_hint: expect.any(String),
  })
})

test('the sign-in page names every person of the tenant and nobody else’s', async () => {
  const simulator = await givenSimulator()

  const { text } = await new Browser(simulator.origin).open(signInAddress(partnerTenantId))

  expect(text).toContain('Simulator — not Microsoft')
  const buttons = [...text.matchAll(/Sign in as (\S+)</g)].map(([, name]) => name)
  expect(buttons).toEqual([
    'admin@partner.example',
    'analyst@partner.example',
    'responder@partner.example',
    'reader@partner.example',
    'newcomer@partner.example',
  ])
})

test('a person without a role gets a token without roles', async () => {
  const simulator = await givenSimulator()
  const code = await givenCode(simulator, partnerTenantId, 'newcomer@partner.example')

  const { body } = await redeem(simulator, partnerTenantId, code)

  expect(Buffer.from(String(body.id_token).split('.')[1] ?? '', 'base64url').toString()).not.toContain(
    '"roles"',
  )
})

test('a second sign-in offers to continue, and prompt=none then needs no page', async () => {
  const simulator = await givenSimulator()
  const browser = new Browser(simulator.origin)
  const first = await browser.open(signInAddress(partnerTenantId))
  await browser.press(first, `Sign in as ${analyst}`)

  const second = await browser.open(signInAddress(partnerTenantId))
  const silent = await browser.open(signInAddress(partnerTenantId, { prompt: 'none' }))
  const fresh = await browser.open(signInAddress(partnerTenantId, { prompt: 'login' }))

  expect(second.text).toContain(`Continue as ${analyst}`)
  expect(silent.location?.searchParams.get('code')).toBeTruthy()
  expect(fresh.text).toContain(`Sign in as ${analyst}`)
})

test('prompt=none without a session answers login_required with the state', async () => {
  const simulator = await givenSimulator()

  const { location } = await new Browser(simulator.origin).open(
    signInAddress(partnerTenantId, { prompt: 'none' }),
  )

  expect(location?.searchParams.get('error')).toBe('login_required')
  expect(location?.searchParams.get('error_description')).toMatch(/^AADSTS50058: /)
  expect(location?.searchParams.get('state')).toBe('state-1')
})

test('form_post hands code and state over in a form', async () => {
  const simulator = await givenSimulator()
  const browser = new Browser(simulator.origin)
  const page = await browser.open(signInAddress(partnerTenantId, { response_mode: 'form_post' }))

  const { status, text } = await browser.press(page, `Sign in as ${analyst}`)

  expect(status).toBe(200)
  expect(text).toContain(`action="${publicUrl}/auth/callback"`)
  expect(text).toMatch(/name="code" value="[\w-]{20,}"/)
  expect(text).toContain('name="state" value="state-1"')
})

test('under organizations any customer can be found and signs in to its own tenant', async () => {
  const simulator = await givenSimulator()
  const customer = givenCustomer(simulator)
  const browser = new Browser(simulator.origin)

  const picker = await browser.open(
    `${signInAddress('organizations')}&q=${encodeURIComponent(customer.name)}`,
  )
  const link = picker.text.match(/<li><a href="([^"]*)"/)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const page = await browser.open(link)
  const { location } = await browser.press(page, `Sign in as ${personWith(customer, 'Global Administrator')}`)
  const code = location?.searchParams.get('code') ?? ''
  const { body } = await redeem(simulator, 'organizations', code)

  const payload = JSON.parse(Buffer.from(String(body.id_token).split('.')[1] ?? '', 'base64url').toString())
  expect(payload.tid).toBe(customer.tenantId)
  expect(payload.wids).toEqual([
    '62e90394-69f5-4237-9190-012177145e10',
    'b79fbf4d-3ef9-4689-8143-76b194e85509',
  ])
})

test('an account of another tenant ends on a page of Entra’s', async () => {
  const simulator = await givenSimulator()
  const stranger = personWith(givenCustomer(simulator))
  const browser = new Browser(simulator.origin)
  const page = await browser.open(signInAddress(partnerTenantId))

  const refused = await browser.press(page, 'Sign in', { account: stranger })

  expect(refused.status).toBe(400)
  expect(refused.location).toBeUndefined()
  expect(refused.text).toContain('AADSTS50020')
})

test('the next sign-in can be refused by policy', async () => {
  const simulator = await givenSimulator()
  simulator.control.setNextSignIn({ aadsts: 50105 })
  const browser = new Browser(simulator.origin)
  const page = await browser.open(signInAddress(partnerTenantId))

  const { location } = await browser.press(page, `Sign in as ${analyst}`)

  expect(location?.searchParams.get('error')).toBe('interaction_required')
  expect(location?.searchParams.get('error_description')).toMatch(/^AADSTS50105: /)
})

test('the page of the simulator itself says what it is', async () => {
  const simulator = await givenSimulator()

  const { status, text } = await get(simulator.origin)

  expect(status).toBe(200)
  expect(text).toContain('A simulated Microsoft cloud')
})
