import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServices } from '../../src/services.ts'
import { demoRegistration } from '../../src/simulator/registration.ts'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { runTenantry } from '../helpers/process.ts'
import { createVisitor, type Visitor } from '../helpers/visitor.ts'
import { Browser, type Page } from '../simulator/browser.ts'
import { personWith } from '../simulator/world.ts'
import { makeCertificate } from '../tokens/certificate.ts'
import {
  dumpTables,
  findSecrets,
  recordAnswers,
  recordWire,
  type Secret,
  secretsOn,
  type Wire,
  type Written,
} from './recorders.ts'

let wire: Wire
let running: RunningApp
let customers: CustomerProfile[]
let stopRecording: () => void

/** What the application wrote: log lines, answers, output of commands. */
const written: Written[] = []
const secrets: Secret[] = []

/** Where a secret is shown to whom it is meant for, and nowhere else. */
const exceptions: { kind: string; where: RegExp }[] = [
  // The page that makes a key shows it once.
  { kind: 'API key', where: /^POST \/settings\/api-keys$/ },
  // Staff and programs that make links are given them; the ready message holds one.
  { kind: 'link token', where: /^(GET|POST) \/api\/v1\/invitations/ },
  { kind: 'link token', where: /^(GET|POST) \/invitations/ },
  // The page behind the link posts its form to the link, and the page at the end offers it again.
  { kind: 'link token', where: /^(GET|POST) \/join\// },
  { kind: 'link token', where: /^GET \/consent\/result\// },
  // Whoever is sent to Microsoft takes these along in the address.
  { kind: 'state', where: /^POST \/(sign-in|join\/[^/]+\/consent)$/ },
  { kind: 'nonce', where: /^POST \/sign-in$/ },
  { kind: 'state', where: /^GET \/consent\/callback$/ },
  { kind: 'nonce', where: /^GET \/consent\/callback$/ },
  // What Microsoft posts is handed back to the browser that brought it, as an address to ask for.
  { kind: 'state', where: /^POST \/consent\/(callback|proof)$/ },
  { kind: 'authorization code', where: /^POST \/consent\/proof$/ },
  // These commands are there to print what they make.
  { kind: 'access token', where: /^standard output of token$/ },
  { kind: 'API key', where: /^standard output of api-key create$/ },
  { kind: 'link token', where: /^standard output of invite$/ },
]

beforeAll(async () => {
  wire = await recordWire()
  running = await startApp({
    tenants: 40,
    settings: {
      LOG_LEVEL: 'trace',
      TENANTRY_LOGIN_URL: wire.origin,
      TENANTRY_GRAPH_URL: wire.origin,
      TENANTRY_DEFENDER_URL: wire.origin,
      TENANTRY_ENDPOINT_URL: wire.origin,
    },
    remote: { random: () => 0 },
    logTo: { write: text => written.push({ where: 'log', text }) },
  })
  wire.target = running.simulator.origin
  stopRecording = recordAnswers(running.url, written)
  customers = running.simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)
})

afterAll(async () => {
  stopRecording?.()
  await running?.close()
  await wire?.close()
})

function nextCustomer(): CustomerProfile {
  const customer = customers.shift()
  if (!customer) throw new Error('the simulator has no customer left')
  return customer
}

const address = (page: Page): string => page.location?.href ?? ''

/** Somebody of the staff in a browser of their own. */
async function signIn(username: string): Promise<Visitor> {
  const visitor = createVisitor(running.url)
  const entra = new Browser(wire.origin)
  await visitor.get('/sign-in')
  const away = await visitor.post('/sign-in', { returnTo: '/' })
  const page = await entra.press(await entra.open(away.location ?? ''), `Sign in as ${username}`)
  await visitor.follow(await visitor.get(address(page)))
  // The same redirect again, and one that was never asked for.
  await visitor.get(address(page))
  await createVisitor(running.url).get(address(page))
  noteSession(visitor)
  return visitor
}

function noteSession(visitor: Visitor): void {
  const cookie = visitor.cookies(running.url).get('tenantry')
  if (!cookie) return
  const value = decodeURIComponent(cookie)
  secrets.push(
    { kind: 'session cookie', value },
    { kind: 'session cookie', value: value.split('.')[0] ?? '' },
  )
}

async function invite(api: Api, customer: CustomerProfile): Promise<{ id: string; joinUrl: string }> {
  const { body } = await api('POST', '/invitations', { customerName: customer.name, tenant: customer.domain })
  secrets.push({ kind: 'link token', value: body.joinUrl.split('/').at(-1) })
  return body
}

/** A customer's admin from the link to the end; `decide` presses a button on Microsoft's page. */
async function walk(
  joinUrl: string,
  customer: CustomerProfile,
  decide: 'Accept' | 'Cancel',
): Promise<{ visitor: Visitor; callback: string; proof: string | null }> {
  const visitor = createVisitor(running.url)
  const entra = new Browser(wire.origin)
  await visitor.get(joinUrl)
  const away = await visitor.post(`${joinUrl}/consent`)
  const admin = personWith(customer, 'Global Administrator')
  const signedIn = await entra.press(await entra.open(away.location ?? ''), `Sign in as ${admin}`)
  const callback = address(await entra.press(signedIn, decide))
  const step = await visitor.get(callback)
  if (!step.location?.startsWith(wire.origin)) {
    await visitor.follow(step)
    return { visitor, callback, proof: null }
  }
  const asked = await entra.open(step.location)
  const proof = address(asked.location ? asked : await entra.press(asked, `Continue as ${admin}`))
  await visitor.follow(await visitor.get(proof))
  return { visitor, callback, proof }
}

async function runCommand(name: string, ...args: string[]): Promise<string> {
  const { databaseUrl: _, ...config } = running.services.config
  const command = runTenantry(
    {
      DATABASE_URL: running.database.url,
      LOG_LEVEL: 'trace',
      TENANTRY_PUBLIC_URL: running.url,
      TENANTRY_SIMULATOR_PORT: String(config.simulatorPort),
      TENANTRY_SECRET_KEY: config.secretKey ?? '',
      TENANTRY_LOGIN_URL: wire.origin,
      TENANTRY_GRAPH_URL: wire.origin,
      TENANTRY_DEFENDER_URL: wire.origin,
      TENANTRY_ENDPOINT_URL: wire.origin,
    },
    'src/cli/main.ts',
    [...name.split(' '), ...args],
  )
  const code = await command.ended
  written.push(
    { where: `standard output of ${name}`, text: command.standardOutput() },
    { where: `standard error of ${name}`, text: command.standardError() },
  )
  expect(code, command.output()).toBe(0)
  return command.standardOutput()
}

test('no secret is written anywhere in a full run, its faults and refusals included', {
  timeout: 240_000,
}, async () => {
  const { control } = running.simulator

  // Staff sign in; one is refused by Entra, one has no role.
  const admin = await signIn('admin@partner.example')
  await signIn('analyst@partner.example')
  await signIn('newcomer@partner.example')
  control.setNextSignIn({ aadsts: 53003 })
  await signIn('reader@partner.example')
  control.addFault({
    service: 'login',
    path: `/${demoRegistration.partnerTenantId}/oauth2/v2.0/token`,
    kind: 'ok-with-error-body',
    times: 1,
  })
  await signIn('reader@partner.example')

  // Keys for programs, by page and as the commands make them.
  await admin.get('/settings')
  const made = await admin.post('/settings/api-keys', { name: 'by page', role: 'reader', tags: '' })
  secrets.push({ kind: 'API key', value: /tnt_[\w-]{43}/.exec(made.text)?.[0] ?? '' })
  const key = await running.apiKey('admin')
  secrets.push({ kind: 'API key', value: key.authorization.replace('Bearer ', '') })
  const api = await apiOf(running, 'admin')
  await fetch(`${running.url}/api/v1/tenants`, {
    headers: { authorization: 'Bearer tnt_nobody-knows-this-key-at-all-0123456789' },
  })
  secrets.push({ kind: 'API key', value: 'tnt_nobody-knows-this-key-at-all-0123456789' })

  // A customer approves; others decline, replay, forge, come back in another browser, or are told of an error.
  const customer = nextCustomer()
  const { id, joinUrl } = await invite(api, customer)
  await admin.get(`/invitations/${id}`)
  const { visitor, callback, proof } = await walk(joinUrl, customer, 'Accept')
  for (const replayed of [callback, proof ?? '']) {
    await visitor.follow(await visitor.get(replayed))
    await createVisitor(running.url).get(replayed)
    await fetch(replayed, { method: 'POST', body: new URL(replayed).searchParams, redirect: 'manual' })
  }
  const declined = nextCustomer()
  await walk((await invite(api, declined)).joinUrl, declined, 'Cancel')
  const broken = nextCustomer()
  control.addFault({
    service: 'login',
    tenantId: broken.tenantId,
    path: '/token',
    kind: 'truncated-json',
    times: 1,
  })
  await walk((await invite(api, broken)).joinUrl, broken, 'Accept')
  const forged = new URL(callback)
  forged.searchParams.set('state', 'a-state-that-we-never-gave-0123456789abcdef')
  await visitor.follow(await visitor.get(forged.href))
  await fetch(`${running.url}/join/${'x'.repeat(43)}`)
  await expect
    .poll(async () => (await api('GET', `/tenants/${customer.tenantId}`)).body.status, {
      timeout: 30_000,
      interval: 200,
    })
    .toBe('connected')

  // Work in the tenant.
  const { tenantId } = customer
  await api('POST', `/tenants/${tenantId}/verification`)
  const { body: incidents } = await api('GET', `/incidents?tenant=${tenantId}`)
  const incident = await api('GET', `/incidents/${incidents.items[0].id}`)
  await api(
    'PATCH',
    `/incidents/${incidents.items[0].id}`,
    { tags: ['seen'], comment: 'looked at' },
    {
      'if-match': incident.headers.get('etag') ?? '',
    },
  )
  const { body: hunt } = await api('POST', '/hunts', { query: 'AlertInfo | take 5', tenants: [tenantId] })
  await expect
    .poll(async () => (await api('GET', `/hunts/${hunt.id}`)).body.status, { timeout: 60_000, interval: 200 })
    .toMatch(/^(succeeded|partial|failed)$/)
  await api('GET', `/hunts/${hunt.id}/rows?format=ndjson`)
  const { body: devices } = await api('GET', `/tenants/${tenantId}/devices`)
  const actions = `/tenants/${tenantId}/devices/${devices.items[0].deviceId}/actions`
  await api('POST', actions, { type: 'isolate', comment: 'case 17' })
  await api('GET', actions)

  // Everything that Microsoft can answer badly, with the secrets quoted back at us.
  const token = (await running.services.tokens.acquire(tenantId, 'graph')).value
  const quoting = `Bearer ${token} was refused; client_secret=${demoRegistration.clientSecret}&x=1`
  const endings = [
    { kind: 'unauthorized', times: 2 },
    { kind: 'forbidden', times: 1 },
    { kind: 'truncated-json', times: 4 },
    { kind: 'reset', times: 4 },
    { kind: 'ok-with-error-body', times: 4 },
    { kind: 'status', status: 400, times: 1, body: { error: { code: 'BadRequest', message: quoting } } },
    { kind: 'status', status: 400, times: 1, body: quoting },
    { kind: 'status', status: 500, times: 4, body: `<html><title>${quoting}</title>${quoting}</html>` },
    { kind: 'throttle-text', times: 1, retryAfterSeconds: 0 },
  ] as const
  for (const fault of endings) {
    control.addFault({ service: 'graph', tenantId, ...fault })
    await api('GET', `/incidents?tenant=${tenantId}`)
    await admin.get(`/tenants/${tenantId}/incidents`)
    control.clearFaults()
  }
  const atEntra = [
    { kind: 'truncated-json' },
    { kind: 'ok-with-error-body' },
    { kind: 'wrong-content-type' },
    { kind: 'aadsts', aadsts: 7000229 },
    { kind: 'status', status: 400, body: { error: 'never_heard_of', error_description: quoting } },
    { kind: 'status', status: 200, body: { token_type: 'Bearer', expires_in: 'soon', access_token: token } },
    {
      kind: 'status',
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3600, access_token: `${token}x.y` },
    },
  ] as const
  // A customer each, all at once: the rate of Entra is kept per tenant.
  await Promise.all(
    atEntra.map(async fault => {
      const troubled = nextCustomer()
      control.grantConsent(troubled.tenantId)
      const connected = await api('POST', '/tenants', { tenant: troubled.tenantId, name: troubled.name })
      expect(connected.status).toBe(201)
      control.addFault({ service: 'login', tenantId: troubled.tenantId, path: '/token', ...fault })
      const checked = await api('POST', `/tenants/${troubled.tenantId}/verification`)
      expect(checked.body.lastError).not.toBeNull()
      await admin.get(`/tenants/${troubled.tenantId}`)
    }),
  )
  control.clearFaults()
  await api('POST', `/tenants/${tenantId}/verification`)

  // Other credentials: a wrong secret, an unknown certificate, one that signs; all in a process with a log of its own.
  const [unknown, known] = [makeCertificate(), makeCertificate()]
  control.registerCertificate(known.certificatePem)
  secrets.push({ kind: 'client secret', value: 'a-secret-that-is-wrong-0123456789' })
  for (const { pem } of [unknown, known])
    secrets.push({ kind: 'private key', value: pem.split('\n')[4] ?? '' })
  const services = await createServices(
    {
      ...running.services.config,
      credentials: [
        { kind: 'secret', secret: 'a-secret-that-is-wrong-0123456789', label: 'wrong secret' },
        { kind: 'certificate', pem: unknown.pem, label: 'unknown certificate' },
        { kind: 'certificate', pem: known.pem, label: 'certificate' },
      ],
    },
    running.database.url,
    { logTo: { write: text => written.push({ where: 'log of the other process', text }) } },
  )
  await services.start({ work: false })
  await services.tokens.acquire(tenantId, 'graph')
  await services.tokens.checkCredentials(demoRegistration.partnerTenantId, 'graph')
  await services.close(2000)

  // The command line.
  const [printed, link] = await Promise.all([
    runCommand('api-key create', '--name', 'by command', '--role', 'reader'),
    runCommand('invite', '--customer', 'Somebody new'),
    runCommand('token', tenantId, '--json'),
    runCommand('token', tenantId, '--decode'),
    runCommand('doctor', '--tenant', tenantId),
  ])
  secrets.push({ kind: 'API key', value: printed.trim() })
  secrets.push({ kind: 'link token', value: link.trim().split('/').at(-1) ?? '' })

  // Every page and list, as an administrator reads them at the end.
  for (const path of [
    '/',
    '/tenants',
    `/tenants/${tenantId}`,
    `/tenants/${tenantId}/events`,
    `/tenants/${tenantId}/incidents`,
    `/tenants/${tenantId}/incidents/${incidents.items[0].incidentId}`,
    `/tenants/${tenantId}/devices`,
    `/tenants/${tenantId}/devices/${devices.items[0].deviceId}`,
    '/invitations',
    '/hunts',
    `/hunts/${hunt.id}`,
    '/readiness',
    '/connect',
    '/audit',
    '/settings',
    '/api',
    '/api/openapi.json',
    '/metrics',
    '/healthz',
    '/readyz',
    '/nothing/here',
  ]) {
    await admin.get(path)
  }
  for (const path of ['/tenants', '/invitations', '/audit?limit=200', '/hunts']) await api('GET', path)
  await admin.get('/sign-out')
  await admin.follow(await admin.post('/sign-out'))

  secrets.push(...secretsOn(wire.exchanges))
  const kinds = new Set(secrets.map(({ kind }) => kind))
  const everything = [...written, ...(await dumpTables(running.database.db))]
  const found = findSecrets(everything, secrets)
  const isExpected = (line: string) =>
    exceptions.some(
      ({ kind, where }) => line.startsWith(`${kind} in `) && where.test(line.slice(kind.length + 4)),
    )

  expect([...new Set(found.filter(line => !isExpected(line)))]).toEqual([])
  // What was looked for was there to be found, and each exception is one that was met.
  expect([...kinds].sort()).toEqual([
    'API key',
    'ID token',
    'access token',
    'assertion',
    'authorization code',
    'client secret',
    'code verifier',
    'link token',
    'nonce',
    'private key',
    'session cookie',
    'state',
  ])
  for (const { kind, where } of exceptions)
    expect(
      found.some(line => line.startsWith(`${kind} in `) && where.test(line.slice(kind.length + 4))),
      `${kind} in ${where}`,
    ).toBe(true)
  expect(everything.filter(({ where }) => where === 'log').length).toBeGreaterThan(300)
})
