import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { customerWhere, defenderRoles, failureOf, givenDefender, graphRoles } from './setup.ts'

const query = { query: 'AlertInfo | take 1' }

test('a hunt goes to Graph where it can, else to the older interfaces', async () => {
  const { defender, tenant } = await givenDefender()

  const graph = await defender.hunt(tenant.tenantId, [...defenderRoles, ...graphRoles], query)
  const xdr = await defender.hunt(tenant.tenantId, defenderRoles, query)
  const endpoint = await defender.hunt(tenant.tenantId, ['endpoint:AdvancedQuery.Read.All'], query)

  expect([graph.surface, xdr.surface, endpoint.surface]).toEqual(['graph', 'defender', 'endpoint'])
  expect([graph.wire, xdr.wire, endpoint.wire]).toEqual(['graph', 'defender', 'defender'])
  expect(JSON.parse(graph.text)).toMatchObject({ schema: expect.any(Array), results: expect.any(Array) })
  expect(JSON.parse(xdr.text)).toMatchObject({ Schema: expect.any(Array), Results: expect.any(Array) })
  expect(graph.requestId).toMatch(/^[\w-]{8,}$/)
})

test('a capability that no role opens names the role to ask for, and calls nobody', async () => {
  const { defender, tenant, simulator } = await givenDefender()

  const refused = defender.hunt(tenant.tenantId, ['graph:SecurityIncident.Read.All'], query)

  await expect(refused).rejects.toThrow(RemoteError)
  await expect(refused).rejects.toMatchObject({
    failure: { code: 'role_missing' },
    message: expect.stringContaining('graph:ThreatHunting.Read.All'),
  })
  expect(simulator.control.requests()).toEqual([])
})

test('a time span is refused where the surface takes none, but for the default', async () => {
  const { defender, tenant } = await givenDefender()

  const whole = await defender.hunt(tenant.tenantId, defenderRoles, { ...query, timespan: 'P30D' })
  const short = defender.hunt(tenant.tenantId, defenderRoles, { ...query, timespan: 'P1D' })

  await expect(short).rejects.toMatchObject({ failure: { code: 'role_missing' } })
  expect(whole.surface).toBe('defender')
})

test('a rejected token is replaced once, for reads and hunts', async () => {
  const { defender, tenant, simulator, tokens } = await givenDefender()
  simulator.control.addFault({ service: 'graph', kind: 'unauthorized', times: 1 })

  const answer = await defender.hunt(tenant.tenantId, graphRoles, query)

  expect(answer.surface).toBe('graph')
  expect(tokens.stats().misses).toBe(2)
})

test('a token that is rejected twice is not asked for a third time', async () => {
  const { defender, tenant, simulator, tokens, outcomes } = await givenDefender()
  simulator.control.addFault({ service: 'graph', kind: 'unauthorized' })

  const failure = await failureOf(defender.hunt(tenant.tenantId, graphRoles, query))

  expect(failure.code).toBe('token_rejected')
  expect(tokens.stats().misses).toBe(2)
  expect(outcomes).toMatchObject([{ surface: 'graph', failure: { code: 'token_rejected' } }])
})

test('a role that the token lacks is told by the service’s 403', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  simulator.control.removeRoles(tenant.tenantId, ['graph:ThreatHunting.Read.All'])

  const failure = await failureOf(defender.hunt(tenant.tenantId, graphRoles, query))

  expect(failure).toMatchObject({ code: 'role_missing', status: 403, service: 'graph' })
  expect(failure.message).toContain('ThreatHunting.Read.All')
})

test('a tenant without the product is told apart from one without the role', async () => {
  const { defender, simulator } = await givenDefender()
  const unlicensed = customerWhere(simulator, ({ licenses }) => licenses.length === 0)
  simulator.control.grantConsent(unlicensed.tenantId, ['graph:SecurityIncident.Read.All'])

  const failure = await defender.probe(unlicensed.tenantId, 'graph', ['SecurityIncident.Read.All'])

  expect(['license_missing', 'service_missing']).toContain(failure?.code)
})

test('throttling is waited out as the service says', async () => {
  const { defender, tenant, simulator, outcomes } = await givenDefender()
  simulator.control.addFault({ service: 'graph', kind: 'throttle-json', retryAfterSeconds: 1, times: 1 })

  const answer = await defender.hunt(tenant.tenantId, graphRoles, query)

  expect(answer.surface).toBe('graph')
  expect(outcomes).toEqual([{ tenantId: tenant.tenantId, surface: 'graph', failure: null }])
})

test('no consent ends a call before any surface is asked', async () => {
  const { defender, simulator, outcomes } = await givenDefender()
  const stranger = customerWhere(simulator, ({ size }) => size === 'small')

  const failure = await failureOf(defender.hunt(stranger.tenantId, graphRoles, query))

  expect(failure).toMatchObject({ service: 'entra', code: 'consent_missing' })
  expect(outcomes).toMatchObject([{ surface: 'graph', failure: { code: 'consent_missing' } }])
})

test('a canceled hunt ends as canceled, also while it waits for a token', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  simulator.control.addFault({ service: 'login', kind: 'delay', delayMs: 5_000 })
  const controller = new AbortController()

  const waiting = failureOf(
    defender.hunt(tenant.tenantId, graphRoles, { ...query, signal: controller.signal }),
  )
  controller.abort()

  expect(await waiting).toMatchObject({ code: 'canceled' })
})

test('each surface is probed by a read that its roles open', async () => {
  const { defender, tenant, outcomes } = await givenDefender()
  const probes = [
    ['graph', ['SecurityIncident.Read.All']],
    ['graph', ['graph:SecurityAlert.Read.All']],
    ['graph', ['ThreatHunting.Read.All']],
    ['defender', ['Incident.Read.All']],
    ['defender', ['AdvancedHunting.Read.All']],
    ['endpoint', ['Machine.Read.All']],
    ['endpoint', ['Alert.Read.All']],
    ['endpoint', ['AdvancedQuery.Read.All']],
    ['endpoint', ['Machine.Isolate']],
  ] as const

  for (const [surface, roles] of probes) {
    expect(await defender.probe(tenant.tenantId, surface, roles)).toBeNull()
  }

  expect(outcomes).toEqual([])
})

test('a probe tells why a surface does not answer', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  simulator.control.removeRoles(tenant.tenantId, ['endpoint:Machine.Read.All'])

  const failure = await defender.probe(tenant.tenantId, 'endpoint', ['Machine.Read.All'])

  expect(failure).toMatchObject({ code: 'role_missing', service: 'endpoint' })
})
