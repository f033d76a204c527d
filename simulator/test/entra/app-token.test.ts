import { expect, test } from 'vitest'
import type { Simulator } from '../../src/index.ts'
import { demoSecondSecret } from '../../src/registration.ts'
import {
  askToken,
  claimsOf,
  clientId,
  clientSecret,
  get,
  givenConsented,
  givenCustomer,
  givenSimulator,
  partnerTenantId,
  post,
  resources,
} from '../world.ts'

test('a token carries tenant, audience and granted roles in the v1 format', async () => {
  const { simulator, tenantId } = await givenConsented()

  const answer = await askToken(simulator, tenantId)

  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store, no-cache')
  expect(answer.headers.get('x-ms-clitelem')).toBe('1,0,0,,')
  expect(Object.keys(answer.body).sort()).toEqual([
    'access_token',
    'expires_in',
    'ext_expires_in',
    'token_type',
  ])
  const claims = claimsOf(answer.body.access_token)
  expect(claims).toMatchObject({
    aud: resources.graph,
    iss: `https://sts.windows.net/${tenantId}/`,
    tid: tenantId,
    appid: clientId,
    appidacr: '1',
    idtyp: 'app',
    ver: '1.0',
    roles: [
      'SecurityAlert.Read.All',
      'SecurityIncident.Read.All',
      'SecurityIncident.ReadWrite.All',
      'ThreatHunting.Read.All',
    ],
  })
  expect(claims.sub).toBe(claims.oid)
  expect(claims.iat).toBe(claims.nbf)
  const lifetime = Number(answer.body.expires_in)
  expect(lifetime).toBeGreaterThanOrEqual(3599)
  expect(lifetime).toBeLessThanOrEqual(5400)
  expect(Number(claims.exp) - Number(claims.iat)).toBe(lifetime + 301)
})

test('a domain in the path gives the same tenant', async () => {
  const simulator = await givenSimulator()
  const { tenantId, domain } = givenCustomer(simulator)
  simulator.control.grantConsent(domain)

  const { body } = await askToken(simulator, domain, { scope: `${resources.endpoint}/.default` })

  expect(claimsOf(body.access_token)).toMatchObject({ tid: tenantId, aud: resources.endpoint })
})

test('the roles claim is missing when nothing is granted for the resource', async () => {
  const { simulator, tenantId } = await givenConsented()

  const { status, body } = await askToken(simulator, tenantId, { scope: `${resources.defender}/.default` })

  expect(status).toBe(200)
  expect(claimsOf(body.access_token)).not.toHaveProperty('roles')
})

test('the partner’s own tenant gets a token without any consent', async () => {
  const simulator = await givenSimulator()

  const { status, body } = await askToken(simulator, partnerTenantId)

  expect(status).toBe(200)
  expect(claimsOf(body.access_token).tid).toBe(partnerTenantId)
})

test('the v1 endpoint takes a resource and writes numbers as text', async () => {
  const { simulator, tenantId } = await givenConsented()

  const { body } = await post(`${simulator.origin}/${tenantId}/oauth2/token`, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    resource: resources.endpoint,
  })

  expect(body).toMatchObject({
    token_type: 'Bearer',
    expires_in: expect.stringMatching(/^\d+$/),
    expires_on: expect.stringMatching(/^\d+$/),
    not_before: expect.stringMatching(/^\d+$/),
    resource: resources.endpoint,
  })
})

test('HTTP Basic proves the client as well', async () => {
  const { simulator, tenantId } = await givenConsented()
  const pair = [clientId, clientSecret].map(encodeURIComponent).join(':')

  const { status } = await askToken(
    simulator,
    tenantId,
    { client_id: undefined, client_secret: undefined },
    { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  )

  expect(status).toBe(200)
})

type Refusal = [
  what: string,
  arrange: (simulator: Simulator, tenantId: string) => void,
  changes: Record<string, string | undefined>,
  status: number,
  error: string,
  code: number,
]

const nothing = () => {}

const refusals: Refusal[] = [
  ['a wrong secret', nothing, { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
  [
    'an expired secret',
    ({ control }) => control.expireSecret(clientSecret),
    {},
    401,
    'invalid_client',
    7000222,
  ],
  ['no credential', nothing, { client_secret: undefined }, 401, 'invalid_client', 7000216],
  ['no grant type', nothing, { grant_type: undefined }, 400, 'invalid_request', 900144],
  ['another grant type', nothing, { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
  ['no client id', nothing, { client_id: undefined }, 400, 'invalid_request', 900144],
  ['an unknown client', nothing, { client_id: partnerTenantId }, 400, 'unauthorized_client', 700016],
  ['no scope', nothing, { scope: undefined }, 400, 'invalid_request', 900144],
  ['a scope by name', nothing, { scope: `${resources.graph}/User.Read` }, 400, 'invalid_scope', 1002012],
  [
    'two resources at once',
    nothing,
    { scope: `${resources.graph}/.default ${resources.endpoint}/.default` },
    400,
    'invalid_scope',
    70011,
  ],
  ['an unknown resource', nothing, { scope: 'https://x.example/.default' }, 400, 'invalid_resource', 500011],
  [
    'an API whose principal is missing',
    ({ control }, id) => control.setResource(id, 'endpoint', 'missing'),
    { scope: `${resources.endpoint}/.default` },
    400,
    'invalid_resource',
    500011,
  ],
  [
    'an API whose principal is disabled',
    ({ control }, id) => control.setResource(id, 'endpoint', 'disabled'),
    { scope: `${resources.endpoint}/.default` },
    400,
    'invalid_resource',
    500014,
  ],
  [
    'a deleted enterprise app',
    ({ control }, id) => control.deleteEnterpriseApp(id),
    {},
    401,
    'invalid_client',
    7000229,
  ],
  [
    'a disabled enterprise app',
    ({ control }, id) => control.setAppEnabled(id, false),
    {},
    400,
    'unauthorized_client',
    7000112,
  ],
  ['a deleted tenant', ({ control }, id) => control.deleteTenant(id), {}, 400, 'invalid_request', 90002],
]

test.each(refusals)('%s is refused', async (_what, arrange, changes, status, error, code) => {
  const { simulator, tenantId } = await givenConsented()
  arrange(simulator, tenantId)

  const answer = await askToken(simulator, tenantId, changes, { 'client-request-id': 'my-own-id' })

  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ error, error_codes: [code], correlation_id: 'my-own-id' })
  expect(answer.body.error_description).toMatch(new RegExp(`^AADSTS${code}: `))
})

test('a tenant that never consented has no service principal', async () => {
  const simulator = await givenSimulator()

  const { status, body } = await askToken(simulator, givenCustomer(simulator).tenantId)

  expect(status).toBe(401)
  expect(body).toMatchObject({ error: 'invalid_client', error_codes: [7000229] })
})

test.each(['common', 'organizations', 'consumers', '9188040d-6c67-4c5b-b112-36a304b66dad'])(
  'no app token comes from %s',
  async segment => {
    const simulator = await givenSimulator()

    const { status, body } = await askToken(simulator, segment)

    expect(status).toBe(400)
    expect(body.error_codes).toEqual([50059])
  },
)

test('a tenant of the government cloud is refused across clouds', async () => {
  const simulator = await givenSimulator()
  const tenant = simulator.world.customers().find(({ regionSubScope }) => regionSubScope === 'DODCON')

  const { body } = await askToken(simulator, tenant?.tenantId ?? '')

  expect(body.error_codes).toEqual([900382])
})

test('a request of a web page may not carry a credential', async () => {
  const { simulator, tenantId } = await givenConsented()

  const { status, body } = await askToken(simulator, tenantId, {}, { origin: 'https://page.example' })

  expect(status).toBe(400)
  expect(body.error_codes).toEqual([9002326])
})

test('a second secret works while the first has expired, and a replaced one counts', async () => {
  const { simulator, tenantId } = await givenConsented()
  simulator.control.expireSecret(clientSecret)
  simulator.control.addSecret('renewed', new Date(Date.now() + 86_400_000))

  const second = await askToken(simulator, tenantId, { client_secret: demoSecondSecret })
  const renewed = await askToken(simulator, tenantId, { client_secret: 'renewed' })

  expect([second.status, renewed.status]).toEqual([200, 200])
})

test('principal and roles become visible one after the other', async () => {
  const simulator = await givenSimulator({ propagationMs: { principal: 60_000, roles: 120_000 } })
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)

  const atOnce = await askToken(simulator, tenantId)
  simulator.control.advanceClock(60_000)
  const later = await askToken(simulator, tenantId)
  simulator.control.advanceClock(60_000)
  const atLast = await askToken(simulator, tenantId)

  expect(atOnce.body.error_codes).toEqual([7000229])
  expect(claimsOf(later.body.access_token)).not.toHaveProperty('roles')
  expect(claimsOf(atLast.body.access_token).roles).toContain('ThreatHunting.Read.All')
})

test('a role that was removed is missing from new tokens only', async () => {
  const { simulator, tenantId } = await givenConsented()
  simulator.control.removeRoles(tenantId, ['ThreatHunting.Read.All'])

  const { body } = await askToken(simulator, tenantId)

  expect(claimsOf(body.access_token).roles).toEqual([
    'SecurityAlert.Read.All',
    'SecurityIncident.Read.All',
    'SecurityIncident.ReadWrite.All',
  ])
})

test('lifetime and refresh_in can be set', async () => {
  const { simulator, tenantId } = await givenConsented()
  simulator.control.setTokenOptions({ lifetimeSeconds: 120, refreshInSeconds: 60 })

  const { body } = await askToken(simulator, tenantId)

  expect(body).toMatchObject({ expires_in: 120, refresh_in: 60 })
})

test('an unknown path of Entra answers 404', async () => {
  const simulator = await givenSimulator()

  const { status } = await get(`${simulator.origin}/organizations/nothing/here`)

  expect(status).toBe(404)
})
