import { expect, test } from 'vitest'
import { Browser } from '../browser.ts'
import {
  analyst,
  givenCode,
  givenSimulator,
  makePkce,
  partnerTenantId,
  publicUrl,
  redeem,
  signInAddress,
} from '../world.ts'

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
