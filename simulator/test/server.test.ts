import { expect, test } from 'vitest'
import type { Simulator } from '../src/index.ts'
import type { Surface } from '../src/world.ts'
import { askToken, get, givenCustomer, givenSimulator, resources } from './world.ts'

async function givenConsented() {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId, [
    'graph:SecurityIncident.Read.All',
    'graph:ThreatHunting.Read.All',
    'defender:Incident.Read.All',
    'endpoint:Machine.Read.All',
  ])
  return { simulator, tenantId }
}

async function bearer(simulator: Simulator, tenantId: string, surface: Surface) {
  const { body } = await askToken(simulator, tenantId, { scope: `${resources[surface]}/.default` })
  return { authorization: `Bearer ${body.access_token}` }
}

test.each<[Surface, string]>([
  ['graph', '/v1.0/security/incidents?$top=1'],
  ['defender', '/api/incidents?$top=1'],
  ['endpoint', '/api/machines?$top=1'],
  ['endpoint', '/api/v1.0/machines?$top=1'],
])('a consented tenant’s token opens %s at %s', async (surface, path) => {
  const { simulator, tenantId } = await givenConsented()

  const { status, body } = await get(`${simulator.origin}${path}`, await bearer(simulator, tenantId, surface))

  expect(status).toBe(200)
  expect(body.value).toHaveLength(1)
})

test('one port keeps the two Defender APIs apart by path', async () => {
  const { simulator, tenantId } = await givenConsented()

  const headers = await bearer(simulator, tenantId, 'endpoint')
  const { status } = await get(`${simulator.origin}/api/incidents`, headers)

  expect(status).toBe(401)
})

test('next links carry the cloud’s origin, or the simulator’s own when told so', async () => {
  const own = await givenSimulator({ links: 'own' })
  const { simulator, tenantId } = await givenConsented()
  own.control.grantConsent(tenantId)

  const read = async (from: Simulator) => {
    const headers = await bearer(from, tenantId, 'graph')
    const { body } = await get(`${from.origin}/v1.0/security/incidents?$top=1`, headers)
    return new URL(String(body['@odata.nextLink'])).origin
  }

  expect(await read(simulator)).toBe('https://graph.microsoft.com')
  expect(await read(own)).toBe(own.origin)
})

test('a hunting answer can be cut off, drip or be refused for its CPU', async () => {
  const { simulator, tenantId } = await givenConsented()
  const headers = { ...(await bearer(simulator, tenantId, 'graph')), 'content-type': 'application/json' }
  const hunt = () =>
    fetch(`${simulator.origin}/v1.0/security/runHuntingQuery`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ Query: 'DeviceInfo | count' }),
    })
  for (const kind of ['truncated-json', 'quota'] as const) {
    simulator.control.addFault({ service: 'graph', path: 'runHuntingQuery', kind, times: 1 })
  }

  const cut = await hunt()
  const text = await cut.text()
  const refused = await hunt()
  const good = await hunt()

  expect(cut.status).toBe(200)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
  expect(refused.status).toBe(429)
  expect(await refused.text()).toContain('You have exceeded processing resources')
  expect(good.status).toBe(200)
  expect(await good.json()).toMatchObject({ results: [{ Count: expect.any(Number) }] })
})
