import { expect, test } from 'vitest'
import type { Simulator } from '../../src/index.ts'
import { askToken, claimsOf, get, givenCustomer, givenSimulator } from '../world.ts'

async function operate({ origin }: Simulator, name: string, body: unknown = {}) {
  const response = await fetch(`${origin}/__simulator/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

test('the world can be moved over HTTP', async () => {
  const simulator = await givenSimulator()
  const { tenantId, domain } = givenCustomer(simulator)

  const granted = await operate(simulator, 'grant-consent', {
    tenant: domain,
    roles: ['ThreatHunting.Read.All'],
  })
  const { body } = await askToken(simulator, tenantId)
  const revoked = await operate(simulator, 'revoke-consent', { tenant: tenantId })
  const after = await askToken(simulator, tenantId)

  expect([granted.status, revoked.status]).toEqual([204, 204])
  expect(claimsOf(body.access_token).roles).toEqual(['ThreatHunting.Read.All'])
  expect(claimsOf(after.body.access_token)).not.toHaveProperty('roles')
})

test('a fault can be added, seen and removed over HTTP', async () => {
  const simulator = await givenSimulator()

  const added = await operate(simulator, 'add-fault', {
    service: 'graph',
    kind: 'unavailable-html',
    times: 3,
  })
  const { body } = await get(`${simulator.origin}/__simulator/faults`)
  const removed = await operate(simulator, 'remove-fault', { id: added.body.id })

  expect(added.status).toBe(200)
  expect(body.faults).toEqual([added.body])
  expect(removed.body).toEqual({ removed: true })
})

test.each([
  ['add-fault', { service: 'graph', kind: 'unavailable-html', unknown: 1 }],
  ['add-fault', { service: 'nowhere', kind: 'hang' }],
  ['grant-consent', { tenant: 'nobody.example' }],
  ['disable-app', { tenant: 'nobody.example' }],
  ['set-next-consent', { outcome: 'maybe' }],
  ['advance-clock', {}],
])('%s with %o is refused with the reason', async (name, body) => {
  const simulator = await givenSimulator()

  const answer = await operate(simulator, name, body)

  expect(answer.status).toBe(400)
  expect(answer.body.error).toBeTruthy()
})

test('an unknown operation is not found, and a form is not taken', async () => {
  const simulator = await givenSimulator()

  const unknown = await operate(simulator, 'make-coffee')
  const form = await fetch(`${simulator.origin}/__simulator/clear-faults`, {
    method: 'POST',
    body: new URLSearchParams({}),
  })

  expect(unknown.status).toBe(404)
  expect(form.status).toBe(415)
})

test('every operation that takes nothing or a tenant answers', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)
  const calls: [string, object][] = [
    ['set-latency', { ms: 0, service: 'graph' }],
    ['set-quota', { enabled: false, scale: 2 }],
    ['set-hunting-limits', { rows: 10, bytes: 1000, seconds: 0.5 }],
    ['fail-next-action', { failure: 'TimeOut', tenant: tenantId }],
    ['set-propagation', { principal: 1, roles: 2 }],
    ['set-token-options', { lifetimeSeconds: 60 }],
    ['set-next-consent', { outcome: 'decline-v2', tenant: tenantId }],
    ['set-next-sign-in', { aadsts: 50105 }],
    ['remove-roles', { tenant: tenantId, roles: ['endpoint:Machine.Isolate'] }],
    ['disable-app', { tenant: tenantId }],
    ['enable-app', { tenant: tenantId }],
    ['set-licenses', { tenant: tenantId, licenses: ['endpoint'] }],
    ['set-resource', { tenant: tenantId, surface: 'graph', status: 'disabled' }],
    ['add-permission', { surface: 'defender', role: 'X.Read', id: tenantId }],
    ['remove-permission', { surface: 'defender', role: 'X.Read' }],
    ['add-secret', { value: 'x', expiresAt: '2030-01-01' }],
    ['remove-secret', { value: 'x' }],
    ['expire-secret', {}],
    ['remove-certificates', {}],
    ['roll-keys', {}],
    ['delete-enterprise-app', { tenant: tenantId }],
    ['delete-tenant', { tenant: tenantId }],
    ['restore-tenant', { tenantId }],
    ['clear-faults', {}],
    ['reset-requests', {}],
  ]

  const statuses = await Promise.all(
    calls.map(async ([name, body]) => (await operate(simulator, name, body)).status),
  )

  expect(statuses.every(status => status === 204)).toBe(true)
})

test('requests are counted by service, tenant and route, with the most at once', async () => {
  const simulator = await givenSimulator()
  const { tenantId, domain } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)
  simulator.control.setLatency({ ms: 50, service: 'login' })

  await Promise.all([tenantId, domain, tenantId].map(name => askToken(simulator, name)))
  const [count] = simulator.control.requests({ service: 'login', tenantId })
  const { body } = await get(`${simulator.origin}/__simulator/requests?service=graph`)
  simulator.control.resetRequests()

  expect(count).toMatchObject({ path: 'POST /:tenant/oauth2/v2.0/token', count: 3, peak: 3 })
  expect(body.requests).toEqual([])
  expect(simulator.control.requests()).toEqual([])
})

test('latency can be set for all, one service or one tenant', async () => {
  const simulator = await givenSimulator({ latencyMs: 60 })
  const { tenantId } = givenCustomer(simulator)
  simulator.control.setLatency({ ms: 0, service: 'login', tenantId })
  const time = async (tenant: string) => {
    const begun = performance.now()
    await askToken(simulator, tenant)
    return performance.now() - begun
  }

  expect(await time('organizations')).toBeGreaterThanOrEqual(55)
  await askToken(simulator, tenantId)
  expect(simulator.control.requests({ tenantId })[0]?.count).toBe(1)
})

test('a license that is lost shows in the profile and takes the principal along', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)

  simulator.control.setLicenses(tenantId, ['office365'])

  expect(simulator.world.customer(tenantId)?.licenses).toEqual(['office365'])
  expect(simulator.control.tenant(tenantId).resources).toEqual({
    graph: 'present',
    defender: 'missing',
    endpoint: 'missing',
  })
})

test('a deleted tenant is gone from the world until it is restored', async () => {
  const simulator = await givenSimulator()
  const { tenantId, domain } = givenCustomer(simulator)
  const count = simulator.world.customers().length

  simulator.control.deleteTenant(tenantId)
  const found = simulator.world.customer(domain)
  const left = simulator.world.customers().length
  simulator.control.restoreTenant(tenantId)

  expect(found).toBeUndefined()
  expect(left).toBe(count - 1)
  expect(simulator.world.customer(domain)?.tenantId).toBe(tenantId)
})

test('thousands of tenants are reported', async () => {
  const simulator = await givenSimulator({ tenants: 3000 })

  expect(simulator.control.tenants()).toHaveLength(3000)
})
