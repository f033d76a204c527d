import { expect, onTestFinished, test } from 'vitest'
import { makeServer } from '../src/server.ts'
import type { Quota, Surface } from '../src/world.ts'
import { clientId, clientSecret, publicUrl, resources } from './world.ts'

const paths: Record<Surface, string> = {
  graph: '/v1.0/testing',
  defender: '/api/incidents/testing/it',
  endpoint: '/api/testing',
}

/** A server with one more route on each surface, which wants a role and counts as some quota. */
async function givenApi(quota: Quota = 'incidents') {
  const { app, control, context, world } = await makeServer({
    tenants: 3,
    publicUrls: [publicUrl],
    redirectUris: [],
    cloud: 'global',
    links: 'cloud',
    propagation: { principal: 0, roles: 0 },
    latencyMs: 0,
    log: false,
  })
  onTestFinished(() => app.close())
  for (const surface of ['graph', 'defender', 'endpoint'] as const) {
    app.get(paths[surface], async request => {
      const caller = context.authenticate(request, surface)
      context.requireRoles(caller, surface, [
        'Machine.Read.All',
        'SecurityIncident.Read.All',
        'Incident.Read.All',
      ])
      context.throttle(caller, surface, quota, request.routeOptions.url)
      return caller
    })
  }
  await app.ready()
  const [customer] = world.customers()
  const tenantId = customer?.tenantId ?? ''
  control.grantConsent(tenantId, [
    'Machine.Read.All',
    'SecurityIncident.Read.All',
    'defender:Incident.Read.All',
  ])

  async function token(surface: Surface): Promise<string> {
    const answer = await app.inject({
      method: 'POST',
      url: `/${tenantId}/oauth2/v2.0/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${resources[surface]}/.default`,
      }).toString(),
    })
    return answer.json().access_token
  }
  function call(surface: Surface, bearer: string) {
    return app.inject({ url: paths[surface], headers: { authorization: `Bearer ${bearer}` } })
  }
  return { app, control, tenantId, token, call }
}

test.each(['graph', 'defender', 'endpoint'] as const)('a token for %s is let in there', async surface => {
  const { tenantId, token, call } = await givenApi()

  const answer = await call(surface, await token(surface))

  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({ tenantId, appId: clientId, appName: 'Tenantry' })
})

test('a token of another surface is refused with 401 and a challenge', async () => {
  const { token, call } = await givenApi()

  const graph = await call('graph', await token('endpoint'))
  const endpoint = await call('endpoint', await token('defender'))

  expect(graph.statusCode).toBe(401)
  expect(graph.json().error).toMatchObject({
    code: 'InvalidAuthenticationToken',
    innerError: { date: expect.any(String), 'request-id': expect.any(String) },
  })
  expect(graph.headers['www-authenticate']).toMatch(/^Bearer /)
  expect(graph.headers['request-id']).toBe(graph.json().error.innerError['request-id'])
  expect(endpoint.statusCode).toBe(401)
  expect(endpoint.json().error).toMatchObject({ code: 'Unauthorized', target: expect.any(String) })
})

test('no token, a forged one and an expired one are refused', async () => {
  const { app, control, token, call } = await givenApi()
  const good = await token('graph')
  const [header, , signature] = good.split('.')
  const forged = `${header}.${Buffer.from('{"tid":"x"}').toString('base64url')}.${signature}`

  const none = await app.inject(paths.graph)
  const changed = await call('graph', forged)
  control.advanceClock(2 * 3_600_000)
  const late = await call('graph', good)

  expect([none, changed, late].map(({ statusCode }) => statusCode)).toEqual([401, 401, 401])
  expect(late.json().error.message).toContain('expired')
})

test('a token of a deleted tenant is refused', async () => {
  const { control, tenantId, token, call } = await givenApi()
  const good = await token('graph')
  control.deleteTenant(tenantId)

  expect((await call('graph', good)).statusCode).toBe(401)
})

test('a missing role is named together with those held', async () => {
  const { control, tenantId, token, call } = await givenApi()
  control.grantConsent(tenantId, ['endpoint:Alert.Read.All', 'endpoint:User.Read.All'])

  const answer = await call('endpoint', await token('endpoint'))

  expect(answer.statusCode).toBe(403)
  expect(answer.json().error).toMatchObject({
    code: 'Forbidden',
    message:
      'Missing application roles. API required roles: Machine.Read.All,SecurityIncident.Read.All,Incident.Read.All, ' +
      'application roles: Alert.Read.All,User.Read.All.',
  })
})

test('the published rate of each surface is kept and refused in its own shape', async () => {
  const { token, call } = await givenApi('hunting')
  const answers = { graph: 45, defender: 45, endpoint: 45 }

  for (const surface of ['graph', 'defender', 'endpoint'] as const) {
    const bearer = await token(surface)
    for (let count = 0; count < answers[surface]; count += 1) {
      expect((await call(surface, bearer)).statusCode).toBe(200)
    }
    const refused = await call(surface, bearer)
    expect(refused.statusCode).toBe(429)
    expect('retry-after' in refused.headers).toBe(surface !== 'defender')
    expect(refused.body).toContain(surface === 'graph' ? 'TooManyRequests' : 'You can send requests again in')
  }
})

test('a spent quota is free again when its window is over', async () => {
  const { control, token, call } = await givenApi('package-uri')
  const bearer = await token('endpoint')
  const before = [
    await call('endpoint', bearer),
    await call('endpoint', bearer),
    await call('endpoint', bearer),
  ]

  control.advanceClock(60_000)
  const after = await call('endpoint', bearer)

  expect(before.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429])
  expect(Number(before[2]?.headers['retry-after'])).toBeGreaterThan(50)
  expect(after.statusCode).toBe(200)
})

test('quotas can be scaled or switched off', async () => {
  const { control, token, call } = await givenApi('package-uri')
  const bearer = await token('endpoint')
  const statuses = async () => [
    (await call('endpoint', bearer)).statusCode,
    (await call('endpoint', bearer)).statusCode,
  ]

  control.setQuota({ scale: 0.5 })
  const scaled = await statuses()
  control.setQuota({ enabled: false })
  const free = [...(await statuses()), ...(await statuses())]

  expect(scaled).toEqual([200, 429])
  expect(free).toEqual([200, 200, 200, 200])
})

test('unknown paths and broken JSON answer in the shape of their API', async () => {
  const { app } = await givenApi()

  const graph = await app.inject('/v1.0/security/nothing')
  const endpoint = await app.inject('/api/nothing')

  expect(graph.statusCode).toBe(404)
  expect(graph.json().error.innerError).toBeTruthy()
  expect(endpoint.json().error).toMatchObject({ code: 'ResourceNotFound', target: expect.any(String) })
})
