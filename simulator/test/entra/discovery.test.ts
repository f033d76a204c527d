import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { askToken, get, givenCustomer, givenSimulator } from '../world.ts'

test('discovery by domain answers with the tenant GUID everywhere', async () => {
  const simulator = await givenSimulator()
  const { domain, tenantId } = givenCustomer(simulator)

  const { status, body, headers } = await get(
    `${simulator.origin}/${domain.toUpperCase()}/v2.0/.well-known/openid-configuration`,
  )

  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(body.issuer).toBe(`https://login.microsoftonline.com/${tenantId}/v2.0`)
  expect(body.token_endpoint).toBe(`https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`)
  expect(body.tenant_region_scope).toMatch(/^(NA|EU|AS|WW)$/)
  expect(JSON.stringify(body)).not.toContain(domain)
})

test('v1 discovery has the other issuer and endpoints', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)

  const { body } = await get(`${simulator.origin}/${tenantId}/.well-known/openid-configuration`)

  expect(body.issuer).toBe(`https://sts.windows.net/${tenantId}/`)
  expect(body.token_endpoint).toBe(`https://login.microsoftonline.com/${tenantId}/oauth2/token`)
})

test('under organizations the issuer is a template and no region is named', async () => {
  const simulator = await givenSimulator()

  const { body } = await get(`${simulator.origin}/organizations/v2.0/.well-known/openid-configuration`)

  expect(body.issuer).toBe('https://login.microsoftonline.com/{tenantid}/v2.0')
  expect(body.tenant_region_scope).toBeNull()
})

test('links carry the own origin when told so, the issuer stays the cloud’s', async () => {
  const simulator = await givenSimulator({ links: 'own' })
  const { tenantId } = givenCustomer(simulator)

  const { body } = await get(`${simulator.origin}/${tenantId}/v2.0/.well-known/openid-configuration`)

  expect(body.token_endpoint).toBe(`${simulator.origin}/${tenantId}/oauth2/v2.0/token`)
  expect(body.issuer).toBe(`https://login.microsoftonline.com/${tenantId}/v2.0`)
})

test('a government tenant is recognised by its region', async () => {
  const simulator = await givenSimulator()
  const tenant = simulator.world.customers().find(({ regionSubScope }) => regionSubScope === 'DODCON')

  const { body } = await get(`${simulator.origin}/${tenant?.domain}/v2.0/.well-known/openid-configuration`)

  expect(body).toMatchObject({
    tenant_region_scope: 'USGov',
    tenant_region_sub_scope: 'DODCON',
    cloud_instance_name: 'microsoftonline.us',
  })
})

test('an unknown tenant and an impossible one are refused with their codes', async () => {
  const simulator = await givenSimulator()
  const path = 'v2.0/.well-known/openid-configuration'

  const unknown = await get(`${simulator.origin}/nobody.example/${path}`)
  const impossible = await get(`${simulator.origin}/not_a_tenant/${path}`)

  expect(unknown.status).toBe(400)
  expect(unknown.body).toMatchObject({
    error: 'invalid_tenant',
    error_codes: [90002],
    error_uri: 'https://login.microsoftonline.com/error?code=90002',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
    trace_id: expect.any(String),
    correlation_id: expect.any(String),
  })
  expect(unknown.body.error_description).toMatch(/^AADSTS90002: .*nobody\.example.* Trace ID: /)
  expect(Object.fromEntries(unknown.headers)).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'max-age=86400, private',
    'access-control-allow-origin': '*',
    'x-ms-request-id': expect.any(String),
    'x-ms-ests-server': expect.any(String),
  })
  expect(impossible.status).toBe(400)
  expect(impossible.body).toMatchObject({ error: 'invalid_request', error_codes: [900023] })
})

test('two keys are live, and a rolled key signs while the one before still verifies', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)
  const before = await askToken(simulator, tenantId)
  await simulator.control.rollKeys()
  const after = await askToken(simulator, tenantId)

  const { body } = await get(`${simulator.origin}/common/discovery/v2.0/keys`)
  const keys = body.keys as { kid: string; x5c: string[]; issuer: string }[]
  const set = createLocalJWKSet({ keys: keys.map(key => ({ kty: 'RSA', ...key })) })

  expect(keys).toHaveLength(2)
  expect(keys[0]?.issuer).toBe('https://login.microsoftonline.com/{tenantid}/v2.0')
  const oldToken = await jwtVerify(String(before.body.access_token), set)
  const newToken = await jwtVerify(String(after.body.access_token), set)
  expect(oldToken.protectedHeader.kid).not.toBe(newToken.protectedHeader.kid)
})

test('instance discovery knows the cloud’s hosts and refuses others', async () => {
  const simulator = await givenSimulator()
  const address = (host: string) =>
    `${simulator.origin}/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(`https://${host}/x/oauth2/v2.0/authorize`)}`

  const known = await get(address('login.microsoftonline.com'))
  const unknown = await get(address('login.elsewhere.example'))

  expect(known.body['api-version']).toBe('1.1')
  expect(unknown.status).toBe(400)
  expect(unknown.body).toMatchObject({ error: 'invalid_instance', error_codes: [50049] })
})
