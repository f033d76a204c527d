import { createRemoteJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { Browser } from '../browser.ts'
import {
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

const analyst = 'analyst@partner.example'

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
  expect(payload.wids).toEqual(['62e90394-69f5-4237-9190-012177145e10'])
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

test.each<[string, Record<string, string>, number]>([
  ['another redirect URI', { redirect_uri: 'https://elsewhere.example/auth/callback' }, 50011],
  ['a redirect URI in another case', { redirect_uri: `${publicUrl}/Auth/Callback` }, 50011],
  ['an unknown client', { client_id: partnerTenantId }, 700016],
])('%s never leaves Entra', async (_what, changes, code) => {
  const simulator = await givenSimulator()

  const page = await new Browser(simulator.origin).open(signInAddress(partnerTenantId, changes))

  expect(page.status).toBe(400)
  expect(page.location).toBeUndefined()
  expect(page.text).toContain(`AADSTS${code}`)
})

test('the port of localhost does not count in a redirect URI', async () => {
  const simulator = await givenSimulator()
  const redirect = 'http://localhost:40123/auth/callback'

  const code = await givenCode(simulator, partnerTenantId, analyst, { redirect_uri: redirect })

  expect((await redeem(simulator, partnerTenantId, code, { redirect_uri: redirect })).status).toBe(200)
})

test.each<[string, Record<string, string>, string]>([
  ['no scope', { scope: '' }, 'invalid_request'],
  ['another response type', { response_type: 'id_token' }, 'unsupported_response_type'],
  ['an unknown prompt', { prompt: 'perhaps' }, 'invalid_request'],
  ['a short challenge', { code_challenge: 'short' }, 'invalid_request'],
])('%s goes back to the application', async (_what, changes, error) => {
  const simulator = await givenSimulator()

  const { location } = await new Browser(simulator.origin).open(signInAddress(partnerTenantId, changes))

  expect(location?.href).toMatch(/^http:\/\/localhost:3000\/auth\/callback\?/)
  expect(location?.searchParams.get('error')).toBe(error)
})

test('a code works once', async () => {
  const simulator = await givenSimulator()
  const code = await givenCode(simulator, partnerTenantId, analyst)

  const first = await redeem(simulator, partnerTenantId, code)
  const second = await redeem(simulator, partnerTenantId, code)

  expect(first.status).toBe(200)
  expect(second.status).toBe(400)
  expect(second.body).toMatchObject({ error: 'invalid_grant', error_codes: [54005] })
})

test('a code is over after ten minutes', async () => {
  const simulator = await givenSimulator()
  const code = await givenCode(simulator, partnerTenantId, analyst)
  simulator.control.advanceClock(10 * 60_000)

  const { body } = await redeem(simulator, partnerTenantId, code)

  expect(body).toMatchObject({ error: 'invalid_grant', error_codes: [70008] })
})

test.each<[string, Record<string, string>, string, number]>([
  ['the wrong verifier', { code_verifier: 'x'.repeat(43) }, 'invalid_grant', 501481],
  ['no verifier', {}, 'invalid_grant', 501481],
  ['another redirect URI', { redirect_uri: `${publicUrl}/consent/proof` }, 'invalid_grant', 50011],
  ['an unknown code', { code: 'unknown' }, 'invalid_grant', 70000],
  ['the wrong secret', { client_secret: 'wrong' }, 'invalid_client', 7000215],
  ['no secret', { client_secret: '' }, 'invalid_client', 7000218],
])('a code with %s is refused', async (_what, changes, error, number) => {
  const simulator = await givenSimulator()
  const code = await givenCode(simulator, partnerTenantId, analyst, {
    code_challenge: makePkce().challenge,
    code_challenge_method: 'S256',
  })

  const { body } = await redeem(simulator, partnerTenantId, code, changes)

  expect(body).toMatchObject({ error, error_codes: [number] })
})

test('credentials from a web page are refused', async () => {
  const simulator = await givenSimulator()
  const code = await givenCode(simulator, partnerTenantId, analyst)

  const { body } = await redeem(simulator, partnerTenantId, code, {}, { origin: publicUrl })

  expect(body.error_codes).toEqual([9002326])
})

test('a refresh token gives new tokens', async () => {
  const simulator = await givenSimulator()
  const code = await givenCode(simulator, partnerTenantId, analyst, {
    scope: 'openid profile offline_access',
  })
  const { body } = await redeem(simulator, partnerTenantId, code)

  const again = await redeem(simulator, partnerTenantId, '', {
    grant_type: 'refresh_token',
    refresh_token: String(body.refresh_token),
  })

  expect(again.status).toBe(200)
  expect(again.body.id_token).toBeTruthy()
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

test('signing out goes back only to a registered address', async () => {
  const simulator = await givenSimulator()
  const address = (back: string) =>
    `/${partnerTenantId}/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent(back)}`

  const registered = await new Browser(simulator.origin).open(address(`${publicUrl}/auth/callback`))
  const foreign = await new Browser(simulator.origin).open(address(`${publicUrl}/sign-in`))

  expect(registered.location?.href).toBe(`${publicUrl}/auth/callback`)
  expect(foreign.location).toBeUndefined()
  expect(foreign.text).toContain('You signed out')
})

test('signing out ends the session and tells the front channel its sid only', async () => {
  const simulator = await givenSimulator({ frontChannelLogoutUrl: `${publicUrl}/signed-out-elsewhere` })
  const browser = new Browser(simulator.origin)
  const page = await browser.open(signInAddress(partnerTenantId))
  await browser.press(page, `Sign in as ${analyst}`)

  const out = await browser.open(`/${partnerTenantId}/oauth2/v2.0/logout`)
  const after = await browser.open(signInAddress(partnerTenantId))

  expect(out.text).toMatch(/src="http:\/\/localhost:3000\/signed-out-elsewhere\?sid=[0-9a-f-]{36}"/)
  expect(after.text).toContain(`Sign in as ${analyst}`)
})

test('with several accounts signing out asks which one', async () => {
  const simulator = await givenSimulator()
  const browser = new Browser(simulator.origin)
  for (const person of [analyst, 'admin@partner.example']) {
    await browser.press(await browser.open(signInAddress(partnerTenantId)), `Sign in as ${person}`)
  }
  const picker = await browser.open(`/${partnerTenantId}/oauth2/v2.0/logout`)

  await browser.press(picker, `Sign out ${analyst}`)
  const after = await browser.open(signInAddress(partnerTenantId))

  expect(after.text).toContain(`Sign in as ${analyst}`)
  expect(after.text).toContain('Continue as admin@partner.example')
})

test('the page of the simulator itself says what it is', async () => {
  const simulator = await givenSimulator()

  const { status, text } = await get(simulator.origin)

  expect(status).toBe(200)
  expect(text).toContain('A simulated Microsoft cloud')
})
