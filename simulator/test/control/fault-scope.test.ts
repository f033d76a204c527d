import { expect, test } from 'vitest'
import type { NewFault } from '../../src/control/fault.ts'
import { askToken, get, givenCustomer, givenSimulator, resources } from '../world.ts'
import { surfacePaths } from './surface-paths.ts'

test('a fault strikes as often as it should, only its tenant and only its path', async () => {
  const simulator = await givenSimulator()
  const [one, two] = simulator.world.customers()
  const ask = async (tenantId = '') => (await askToken(simulator, tenantId)).body.error_codes
  simulator.control.addFault({
    service: 'login',
    tenantId: one?.tenantId,
    path: 'oauth2/v2.0/token',
    kind: 'aadsts',
    aadsts: 90033,
    times: 2,
  })

  const other = await ask(two?.tenantId)
  const document = await get(`${simulator.origin}/${one?.tenantId}/v2.0/.well-known/openid-configuration`)
  const answers = [await ask(one?.tenantId), await ask(one?.domain), await ask(one?.tenantId)]

  expect(other).toEqual([7000229])
  expect(document.status).toBe(200)
  expect(answers).toEqual([[90033], [90033], [7000229]])
  expect(simulator.control.faults()).toEqual([])
})

test('one fault can be laid on many tenants, found by the token of the call', async () => {
  const simulator = await givenSimulator({ tenants: 200 })
  const tenantIds = simulator.world.customers().map(({ tenantId }) => tenantId)
  const [first = '', second = ''] = tenantIds
  for (const tenantId of [first, second]) simulator.control.grantConsent(tenantId)
  simulator.control.faultMany({
    tenantIds: tenantIds.slice(1),
    service: 'graph',
    kind: 'status',
    status: 299,
  })

  async function call(tenantId: string) {
    const { body } = await askToken(simulator, tenantId)
    return get(`${simulator.origin}${surfacePaths.graph}/nothing`, {
      authorization: `Bearer ${body.access_token}`,
    })
  }

  expect((await call(second)).status).toBe(299)
  expect((await call(first)).status).not.toBe(299)
  expect(simulator.control.faults()).toHaveLength(199)
})

test('faults can be removed, one or all', async () => {
  const simulator = await givenSimulator()
  const { id } = simulator.control.addFault({ service: 'graph', kind: 'unavailable-html' })
  simulator.control.addFault({ service: 'endpoint', kind: 'unavailable-html' })

  const removed = simulator.control.removeFault(id)
  const left = simulator.control.faults().map(({ service }) => service)
  simulator.control.clearFaults()

  expect(removed).toBe(true)
  expect(left).toEqual(['endpoint'])
  expect(simulator.control.faults()).toEqual([])
})

test.each([
  { service: 'graph', kind: 'aadsts', aadsts: 1 },
  { service: 'login', kind: 'aadsts' },
  { service: 'graph', kind: 'delay' },
  { service: 'graph', kind: 'status' },
  { service: 'login', kind: 'quota' },
  { service: 'graph', kind: 'hang', misspelt: true },
])('the incomplete fault %o is refused', async fault => {
  const simulator = await givenSimulator()

  expect(() => simulator.control.addFault(fault as NewFault)).toThrow()
})

test('an empty page keeps its place: the link behind it leads to what the page held', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId, undefined, true)
  const { body: token } = await askToken(simulator, tenantId)
  const ask = (path: string) =>
    get(simulator.origin + path, { authorization: `Bearer ${String(token.access_token)}` })
  const first = '/v1.0/security/incidents?$top=2'
  const whole = await ask(first)
  simulator.control.addFault({ service: 'graph', kind: 'empty-page', times: 2 })

  const seen: unknown[] = []
  let path = first
  for (let page = 0; page < 3; page += 1) {
    const { body } = await ask(path)
    seen.push(body.value)
    const link = new URL(String(body['@odata.nextLink']))
    expect(link.origin).toBe('https://graph.microsoft.com')
    path = link.pathname + link.search
  }

  expect(whole.body.value).toHaveLength(2)
  expect(seen).toEqual([[], [], whole.body.value])
})

test('odd cells stand in the first row of a hunting answer, on every surface, and all other digits stay', async () => {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  const hunting = ['graph:ThreatHunting.Read.All', 'defender:AdvancedHunting.Read.All']
  simulator.control.grantConsent(tenantId, [...hunting, 'endpoint:AdvancedQuery.Read.All'], true)
  const Query =
    'range N from 1 to 2 step 1 | extend At=datetime(2026-01-02), Yes=true, Small=toint(N), Text="x", Big=9007199254740993'
  const surfacePaths = {
    graph: '/v1.0/security/runHuntingQuery',
    defender: '/api/advancedhunting/run',
    endpoint: '/api/advancedqueries/run',
  }
  const answers: string[] = []
  for (const service of ['graph', 'defender', 'endpoint'] as const) {
    simulator.control.addFault({ service, kind: 'odd-cell', times: 1 })
    const { body: token } = await askToken(simulator, tenantId, { scope: `${resources[service]}/.default` })
    const answer = await fetch(simulator.origin + surfacePaths[service], {
      method: 'POST',
      headers: { authorization: `Bearer ${String(token.access_token)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ Query }),
    })
    answers.push(await answer.text())
  }

  for (const answer of answers) {
    const { results, Results } = JSON.parse(answer)
    const [first, second] = results ?? Results
    expect(first).toMatchObject({ N: 'n/a', At: '', Yes: -1, Small: 1.5, Text: 5, Big: 'n/a' })
    expect(second).toMatchObject({ N: 2, Small: 2, Text: 'x' })
    expect(answer).toContain('9007199254740993')
  }
})
