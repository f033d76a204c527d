import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { DoctorDeps } from '../../src/doctor/doctor.ts'
import { createDiscovery } from '../../src/microsoft/clouds/discovery.ts'
import { createEndpoints } from '../../src/microsoft/clouds/endpoints.ts'
import { createServices } from '../../src/services.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { freePort } from '../helpers/process.ts'
import { signedIn } from '../helpers/staff.ts'
import { type Examine, examineAs, outcomesOf } from './examine.ts'

let running: RunningApp
let customers: Customers
let examined: Examine

beforeAll(async () => {
  running = await startApp({ tenants: 30, work: false, remote: { random: () => 0 } })
  customers = customersOf(running)
  examined = examineAs(running)
})

afterAll(() => running?.close())

/** A login host that is not the simulator; it ends with the test. */
async function givenLoginHost(
  answer: (headers: Record<string, string>) => { date: string },
): Promise<string> {
  const server = createServer(async (request, response) => {
    const passed = await fetch(running.simulator.origin + request.url, { redirect: 'manual' })
    const headers = { 'content-type': passed.headers.get('content-type') ?? 'text/plain' }
    response.sendDate = false
    response.writeHead(passed.status, { ...headers, ...answer(headers) }).end(await passed.text())
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function atLogin(login: string): Partial<DoctorDeps> {
  const { remote } = running.services
  const endpoints = createEndpoints('global', {
    login,
    graph: null,
    defender: null,
    endpoint: running.simulator.origin,
  })
  return { endpoints, discovery: createDiscovery({ remote, endpoints }) }
}

test('an installation that is well is found so, line by line, in the order of need', async () => {
  const { tenantId } = await customers.connected()

  const findings = await examined({ directoryRolesListed: async () => true }, tenantId)

  const { host } = new URL(running.simulator.origin)
  expect(findings.map(({ check, outcome }) => `${outcome} ${check}`)).toEqual([
    'ok settings',
    'ok database',
    'ok migrations',
    'ok queue',
    'ok database server',
    'ok audit protection',
    'ok database connections',
    'ok data folder',
    'ok disk of the data folder',
    'ok public address',
    'ok way out',
    ...['login', 'graph', 'defender', 'endpoint'].map(name => `ok host ${host} (${name})`),
    'ok clock',
    'ok partner tenant',
    'ok credential: demo client secret',
    'ok redirect URI /auth/callback',
    'ok redirect URI /consent/callback',
    'ok redirect URI /consent/proof',
    'ok directory roles in ID tokens',
    'ok Defender for Endpoint API',
    'ok device actions',
    `ok tenant ${tenantId}`,
  ])
  expect(findings.every(({ remedy }) => remedy === null)).toBe(true)
})

test('a host that does not answer is told by name, and the others with the time they take', async () => {
  const { origin } = running.simulator
  const closed = `http://127.0.0.1:${await freePort()}`
  const endpoints = createEndpoints('global', {
    login: origin,
    graph: closed,
    defender: origin,
    endpoint: origin,
  })

  const hosts = (await examined({ endpoints })).filter(({ check }) => check.startsWith('host '))

  expect(hosts.map(({ outcome }) => outcome)).toEqual(['ok', 'failed', 'ok', 'ok'])
  expect(hosts[1]).toMatchObject({
    check: `host ${new URL(closed).host} (graph)`,
    remedy: expect.any(String),
  })
  expect(hosts[0]?.message).toMatch(/^answers in \d+ ms$/)
})

test.each([
  [-600_000, 'ahead of'],
  [600_000, 'behind'],
])('a clock that is off is measured against the login host', async (offsetMs, words) => {
  const login = await givenLoginHost(() => ({ date: new Date(Date.now() + offsetMs).toUTCString() }))

  const findings = await examined(atLogin(login))

  const clock = findings.find(({ check }) => check === 'clock')
  expect(clock).toMatchObject({ outcome: 'failed', remedy: expect.stringContaining('NTP') })
  expect(clock?.message).toMatch(new RegExp(`^(59\\d|60\\d) s ${words} the login host$`))
})

test('a login host that cannot be reached fails what needs it and hides nothing else', async () => {
  const findings = await examined(atLogin('http://127.0.0.1:9'))

  expect(outcomesOf(findings)).toMatchObject({
    database: 'ok',
    'login host': 'failed',
    'partner tenant': 'failed',
    'redirect URI /auth/callback': 'warning',
  })
  for (const { outcome, remedy } of findings) if (outcome !== 'ok') expect(remedy).not.toBe('')
})

test('redirect URIs that are not registered are named with the place to add them', async () => {
  const findings = await examined({ publicUrl: 'https://elsewhere.example' })

  const uris = findings.filter(({ check }) => check.startsWith('redirect URI'))
  expect(uris.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
  expect(uris[1]).toMatchObject({
    message: 'https://elsewhere.example/consent/callback is not registered',
    remedy: expect.stringContaining('platform Web'),
  })
})

test('whether ID tokens list directory roles is learned from the staff who sign in', async () => {
  const finding = async () => {
    const findings = await examined({})
    return findings.find(({ check }) => check === 'directory roles in ID tokens')
  }
  const before = await finding()

  running.simulator.control.setDirectoryRolesClaim(false)
  await signedIn(running)
  const without = await finding()
  running.simulator.control.setDirectoryRolesClaim(true)
  await signedIn(running)

  expect(before).toMatchObject({
    outcome: 'warning',
    message: expect.stringContaining('first staff sign-in'),
  })
  expect(without).toMatchObject({ outcome: 'warning', remedy: expect.stringContaining('Directory roles') })
  expect(await finding()).toMatchObject({ outcome: 'ok' })
})

test('where the Endpoint API answers and who depends on what ends is told', async () => {
  const { control, origin } = running.simulator
  onTestFinished(() => control.restoreApis())
  await customers.connected(['defender:AdvancedHunting.Read.All', 'endpoint:Machine.Read.All'])
  const newer = origin.replace('127.0.0.1', 'localhost')
  const endpoints = createEndpoints('global', {
    login: origin,
    graph: origin,
    defender: newer,
    endpoint: origin,
  })
  const interfaces = async () => {
    const findings = await examined({ endpoints })
    return findings.find(({ check }) => check === 'Defender for Endpoint API')
  }

  const both = await interfaces()
  control.retireApi({ surface: 'endpoint', answer: '404', host: '127.0.0.1' })
  const one = await interfaces()
  control.retireApi({ surface: 'endpoint', answer: '410' })
  const none = await interfaces()
  const findings = await examined({ endpoints })

  expect(both?.message).toBe(`answers at ${new URL(origin).host} and ${new URL(newer).host}`)
  expect(one).toMatchObject({
    outcome: 'ok',
    message: `answers at ${new URL(newer).host}; no longer at ${new URL(origin).host}`,
  })
  expect(none).toMatchObject({ outcome: 'warning', remedy: expect.stringContaining('Defender portal') })
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: 'Hunt with KQL (Microsoft Defender XDR)',
      outcome: 'warning',
      message: '1 tenant depends on Microsoft Defender XDR, which ends on 2027-02-01',
    }),
  )
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: 'List and open devices (Microsoft Defender for Endpoint)',
      message: expect.stringContaining('may end on 2027-02-01'),
    }),
  )
  expect(findings.find(({ check }) => check === 'device actions')?.message).toMatch(
    /^\d+ tenants depend on Microsoft Defender for Endpoint, .*; Graph offers none$/,
  )
})

test('each credential is tried by itself, and the refused one is told with the remedy', async () => {
  const { config, database } = { config: running.services.config, database: running.database }
  const services = await createServices(
    {
      ...config,
      credentials: [{ kind: 'secret', secret: 'not-the-secret', label: 'old secret' }, ...config.credentials],
    },
    database.url,
  )
  onTestFinished(() => services.close(1000))

  const findings = await examined({ tokens: services.tokens })

  expect(findings.filter(({ check }) => check.startsWith('credential'))).toMatchObject([
    { check: 'credential: old secret', outcome: 'failed', remedy: expect.stringContaining('client secret') },
    { check: 'credential: demo client secret', outcome: 'ok' },
  ])
})

test('a tenant that is unknown, not connected or has lost something is told apart', async () => {
  const degraded = await customers.connected([...roles.graph, 'endpoint:Machine.Read.All'])
  running.simulator.control.removeRoles(degraded.tenantId, ['graph:ThreatHunting.Read.All'])
  const disabled = await customers.connected([...roles.graph, 'endpoint:Machine.Read.All'])
  running.simulator.control.setAppEnabled(disabled.tenantId, false)
  const stranger = customers.consented()

  const [unknown, notConnected, lost, shut] = await Promise.all(
    ['no-such-tenant.example', stranger.domain, degraded.domain, disabled.domain].map(async tenant =>
      (await examined({}, tenant)).find(({ check }) => check === `tenant ${tenant}`),
    ),
  )

  expect(unknown).toMatchObject({ outcome: 'failed', remedy: expect.any(String) })
  expect(notConnected).toMatchObject({ outcome: 'failed', message: 'there is no such tenant' })
  expect(lost).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('graph:ThreatHunting.Read.All'),
    remedy: expect.stringContaining('consent link'),
  })
  expect(shut).toMatchObject({
    outcome: 'failed',
    message: expect.stringMatching(/not connected\. The app is disabled/),
    remedy: expect.stringContaining('Enabled for users to sign in'),
  })
})
