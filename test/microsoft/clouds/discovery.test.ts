import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { AppError, RemoteError } from '../../../src/errors.ts'
import type { CloudName } from '../../../src/microsoft/clouds/clouds.ts'
import { createDiscovery, type Discovery } from '../../../src/microsoft/clouds/discovery.ts'
import { createEndpoints } from '../../../src/microsoft/clouds/endpoints.ts'
import {
  createMemoryQuotaStore,
  createQuotas,
  createRemote,
  type Remote,
} from '../../../src/microsoft/http/index.ts'
import { type BadServer, json, startBadServer, text } from '../http/bad-server.ts'

const tenantId = '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'
let entra: BadServer
let remote: Remote
let clock: number

beforeAll(async () => {
  entra = await startBadServer()
  remote = createRemote({ quotas: createQuotas({ store: createMemoryQuotaStore() }), random: () => 0 })
})

afterAll(async () => {
  await remote.close()
  await entra.close()
})

beforeEach(() => {
  entra.requests.length = 0
  clock = 0
})

function discoveryOf(cloud: CloudName = 'global'): Discovery {
  const endpoints = createEndpoints(cloud, {
    login: entra.url('/').origin,
    graph: null,
    defender: null,
    endpoint: null,
  })
  return createDiscovery({ remote, endpoints, now: () => clock })
}

function document(changes: Record<string, unknown> = {}) {
  return {
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    token_endpoint: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
    authorization_endpoint: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/authorize`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
    ...changes,
  }
}

async function refusalOf(resolving: Promise<unknown>): Promise<AppError | RemoteError> {
  const error = await resolving.then(
    () => null,
    thrown => thrown,
  )
  if (error instanceof AppError || error instanceof RemoteError) return error
  throw new Error('it was not refused by name', { cause: error })
}

test('a domain leads to the tenant’s id', async () => {
  entra.behave(json(document()))

  const tenant = await discoveryOf().resolve(' Customer.Example ')

  expect(tenant).toEqual({ tenantId, domain: 'customer.example', cloud: 'global', regionScope: 'EU' })
  expect(entra.requests[0]).toMatchObject({
    method: 'GET',
    path: '/customer.example/v2.0/.well-known/openid-configuration',
  })
  expect(entra.requests[0]?.headers.authorization).toBeUndefined()
})

test('an id leads to itself, without a domain', async () => {
  entra.behave(json(document()))

  const tenant = await discoveryOf().resolve(tenantId.toUpperCase())

  expect(tenant).toMatchObject({ tenantId, domain: null })
})

test('links with the substituted origin are as good as the cloud’s own', async () => {
  entra.behave(json(document({ token_endpoint: entra.url(`/${tenantId}/oauth2/v2.0/token`).href })))

  expect((await discoveryOf().resolve('customer.example')).tenantId).toBe(tenantId)
})

test('an answer is kept for ten minutes', async () => {
  entra.behave(json(document({ tenant_region_sub_scope: 'GCC' })))
  const discovery = discoveryOf('gcc')

  await discovery.resolve('customer.example')
  await discovery.resolve('CUSTOMER.example')
  expect(entra.requests).toHaveLength(1)

  clock = 10 * 60_000
  await discovery.resolve('customer.example')
  expect(entra.requests).toHaveLength(2)
})

test('an identifier that can be no tenant is refused before anything is sent', async () => {
  const error = await refusalOf(discoveryOf().resolve('https://customer.example/'))

  expect(error).toMatchObject({ code: 'tenant_not_found', remedy: expect.stringContaining('GUID') })
  expect(entra.requests).toHaveLength(0)
})

test('an unknown tenant is refused with the reason, and asked for again next time', async () => {
  entra.behave(
    json(
      {
        error: 'invalid_tenant',
        error_description: "AADSTS90002: Tenant 'x' not found.",
        error_codes: [90002],
      },
      400,
    ),
    json(document()),
  )
  const discovery = discoveryOf()

  const error = await refusalOf(discovery.resolve('customer.example'))

  expect(error).toMatchObject({ name: 'AppError', code: 'tenant_not_found' })
  expect((await discovery.resolve('customer.example')).tenantId).toBe(tenantId)
})

test.each([
  [
    'global',
    {
      tenant_region_scope: 'USGov',
      tenant_region_sub_scope: 'DODCON',
      cloud_instance_name: 'microsoftonline.us',
    },
    /GCC High/,
  ],
  ['global', { tenant_region_scope: 'USGov', tenant_region_sub_scope: 'DOD' }, /DoD/],
  ['global', { tenant_region_scope: 'USG' }, /GCC High or US Government DoD/],
  [
    'global',
    { token_endpoint: `https://login.microsoftonline.us/${tenantId}/oauth2/v2.0/token` },
    /GCC High/,
  ],
  ['global', { cloud_instance_name: 'partner.microsoftonline.cn' }, /China/],
] satisfies [CloudName, Record<string, unknown>, RegExp][])(
  'in %s, a tenant with %j is refused with its cloud',
  async (cloud, changes, reason) => {
    entra.behave(json(document(changes)))

    const error = await refusalOf(discoveryOf(cloud).resolve('customer.example'))

    expect(error).toMatchObject({ name: 'AppError', code: 'wrong_cloud' })
    expect(error.message).toMatch(reason)
  },
)

test.each<[CloudName, Record<string, unknown>, CloudName]>([
  ['global', { tenant_region_scope: 'NA', tenant_region_sub_scope: 'GCC' }, 'gcc'],
  ['gcc', { tenant_region_scope: 'NA', tenant_region_sub_scope: 'GCC' }, 'gcc'],
  ['gcc', {}, 'global'],
])('an installation for %s serves a tenant with %j, which lives in %s', async (cloud, changes, lives) => {
  entra.behave(json(document(changes)))

  expect((await discoveryOf(cloud).resolve('customer.example')).cloud).toBe(lives)
})

test('Entra’s own word for the wrong cloud counts too', async () => {
  entra.behave(
    json({ error: 'invalid_request', error_codes: [90038], error_description: 'AADSTS90038: x' }, 400),
  )

  expect(await refusalOf(discoveryOf().resolve('customer.example'))).toMatchObject({ code: 'wrong_cloud' })
})

test('a US Government tenant is at home in its own cloud', async () => {
  const government = {
    issuer: `https://login.microsoftonline.us/${tenantId}/v2.0`,
    token_endpoint: `https://login.microsoftonline.us/${tenantId}/oauth2/v2.0/token`,
    tenant_region_scope: 'USGov',
    cloud_instance_name: 'microsoftonline.us',
  }
  entra.behave(json(document({ ...government, tenant_region_sub_scope: 'DOD' })))

  expect((await discoveryOf('dod').resolve('agency.example')).cloud).toBe('dod')
  expect(await refusalOf(discoveryOf('gcc-high').resolve('agency.example'))).toMatchObject({
    code: 'wrong_cloud',
  })
})

test('the sub-scope is looked up in the older document when the newer one leaves it out', async () => {
  entra.behave(json(document()), json({ ...document(), tenant_region_sub_scope: 'GCC' }))

  const found = await discoveryOf().resolve('customer.example')

  expect(found.cloud).toBe('gcc')
  expect(entra.requests[1]?.path).toBe('/customer.example/.well-known/openid-configuration')
})

test('an older document that is missing leaves the tenant in the commercial cloud', async () => {
  entra.behave(json(document()), text('', 404))

  expect((await discoveryOf().resolve('customer.example')).cloud).toBe('global')
})

test.each([
  ['a foreign host', { token_endpoint: `https://evil.example/${tenantId}/token` }, 'foreign_link'],
  [
    'another tenant',
    { token_endpoint: 'https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/x' },
    'bad_answer',
  ],
  [
    'no tenant',
    { token_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token' },
    'bad_answer',
  ],
  ['a foreign issuer', { issuer: `https://evil.example/${tenantId}/v2.0` }, 'bad_answer'],
  ['no endpoint', { token_endpoint: undefined }, 'bad_answer'],
])('a document with %s is not believed', async (_what, changes, code) => {
  entra.behave(json(document(changes)))

  const error = await refusalOf(discoveryOf().resolve(tenantId))

  expect(error).toMatchObject({ name: 'RemoteError', failure: { code, service: 'entra' } })
})

test('an outage is a remote failure, not an unknown tenant', async () => {
  entra.behave(text('<html>', 503))

  const error = await refusalOf(discoveryOf().resolve('customer.example'))

  expect(error).toMatchObject({ name: 'RemoteError', failure: { code: 'unavailable' } })
})
