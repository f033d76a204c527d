import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createServices, type Services } from '../../src/services.ts'
import { suspensionChannel } from '../../src/suspension/gate.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'

const reason = 'a key was found on a paste site'
/** Far more than it takes, for a machine that is busy; what is promised is a second. */
const patience = { interval: 50 }

let running: RunningApp
/** A second process's services on the same database. */
let other: Services
let customers: Customers
let admin: Api

beforeAll(async () => {
  running = await startApp({ tenants: 30, syncIncidents: false })
  other = await createServices(running.services.config, running.database.url)
  await other.start({ work: false })
  customers = customersOf(running)
  admin = await apiOf(running, 'admin')
})

beforeEach(async () => {
  await admin('DELETE', '/suspension')
  running.simulator.control.setLatency({ ms: 0, service: 'graph' })
})

afterAll(async () => {
  await other?.close(1000)
  await running?.close()
})

const incidentsOf = async (services: Services, tenantId: string) =>
  (await services.defender.probe(tenantId, 'graph', ['SecurityIncident.Read.All']))?.code ?? 'answered'

const callsTo = (tenantId: string) =>
  running.simulator.control.requests({ tenantId }).reduce((sum, { count }) => sum + count, 0)

test('a suspended tenant is called by no process, and called again when the suspension ends', async () => {
  const { tenantId } = await customers.connected()
  expect(await incidentsOf(other, tenantId)).toBe('answered')

  const { status, body } = await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })

  expect(status).toBe(200)
  expect(body).toMatchObject({ tenantId, reason, by: 'admin key', since: expect.any(String) })
  expect(await incidentsOf(running.services, tenantId)).toBe('suspended')
  await expect.poll(() => incidentsOf(other, tenantId), patience).toBe('suspended')
  running.simulator.control.resetRequests()
  expect(await other.tokens.acquire(tenantId, 'graph').catch(error => error.failure.code)).toBe('suspended')
  expect(callsTo(tenantId)).toBe(0)

  expect((await admin('DELETE', `/tenants/${tenantId}/suspension`)).status).toBe(204)
  expect(await incidentsOf(running.services, tenantId)).toBe('answered')
  await expect.poll(() => incidentsOf(other, tenantId), patience).toBe('answered')
})

test('the suspension of everything holds for every tenant but the partner’s own sign-in', async () => {
  const { tenantId } = await customers.connected()

  await admin('PUT', '/suspension', { reason })

  await expect.poll(() => incidentsOf(other, tenantId), patience).toBe('suspended')
  expect((await admin('GET', `/tenants/${tenantId}`)).body).toMatchObject({
    status: 'suspended',
    suspension: { reason, by: 'admin key', scope: 'all' },
  })
  const { partnerTenantId } = running.services
  expect(await running.services.tokens.checkCredentials(partnerTenantId, 'graph')).toMatchObject([
    { failure: null },
  ])
})

test('a call under way is broken off, in a process that only hears of it', async () => {
  const { tenantId } = await customers.connected()
  await other.tokens.acquire(tenantId, 'graph')
  running.simulator.control.setLatency({ ms: 600_000, service: 'graph' })
  const call = incidentsOf(other, tenantId)
  await expect.poll(() => callsTo(tenantId), patience).toBeGreaterThan(0)

  const began = performance.now()
  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })

  expect(await call).toBe('suspended')
  expect(performance.now() - began).toBeLessThan(30_000)
  await admin('DELETE', `/tenants/${tenantId}/suspension`)
})

test('a notice that was lost leaves no process calling', async () => {
  const { tenantId } = await customers.connected()
  const { db } = running.database
  // The row alone, as if the notice had never come.
  const row = { scope: tenantId, tenantId, reason, byId: 'x', byLabel: 'x', since: new Date() }

  await db.suspension.create({ data: row })

  await expect.poll(() => incidentsOf(other, tenantId), patience).toBe('suspended')
  await db.suspension.deleteMany({})
  await db.$executeRaw`SELECT pg_notify(${suspensionChannel}, '')`
})

test('a hunt that runs when its tenant is suspended waits, and ends well afterwards', async () => {
  const { tenantId } = await customers.connected()
  running.simulator.control.setLatency({ ms: 600_000, service: 'graph' })
  const { body: hunt } = await admin('POST', '/hunts', { query: 'DeviceInfo | take 1', tenants: [tenantId] })
  await expect.poll(() => callsTo(tenantId), patience).toBeGreaterThan(0)

  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })

  const task = async () => (await admin('GET', `/hunts/${hunt.id}`)).body.tenants[0]
  await expect.poll(task, patience).toMatchObject({ status: 'waiting', error: { code: 'suspended' } })
  running.simulator.control.setLatency({ ms: 0, service: 'graph' })
  running.simulator.control.resetRequests()
  const refused = await admin('POST', '/hunts', { query: 'DeviceInfo | take 1', tenants: [tenantId] })
  expect((await admin('GET', `/hunts/${refused.body.id}`)).body.tenants).toMatchObject([
    { status: 'failed', error: { code: 'suspended' } },
  ])
  expect(callsTo(tenantId)).toBe(0)

  await admin('DELETE', `/tenants/${tenantId}/suspension`)
  await expect.poll(task, patience).toMatchObject({ status: 'succeeded', error: null })
})

test('a hunt gets the time back that a suspension took from it', async () => {
  const { tenantId } = await customers.connected()
  running.simulator.control.setLatency({ ms: 600_000, service: 'graph' })
  const { body: hunt } = await admin('POST', '/hunts', { query: 'DeviceInfo | take 1', tenants: [tenantId] })
  await expect.poll(() => callsTo(tenantId), patience).toBeGreaterThan(0)
  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })
  // Suspended an hour ago, ten minutes before the hunt's time was over.
  const { db } = running.database
  const anHourAgo = new Date(Date.now() - 3_600_000)
  await db.suspension.updateMany({ data: { since: anHourAgo } })
  const deadlineAt = new Date(anHourAgo.getTime() + 600_000)
  await db.hunt.update({ where: { id: hunt.id }, data: { createdAt: anHourAgo, deadlineAt } })
  running.simulator.control.setLatency({ ms: 0, service: 'graph' })

  await admin('DELETE', `/tenants/${tenantId}/suspension`)

  const status = async () => (await admin('GET', `/hunts/${hunt.id}`)).body.status
  await expect.poll(status, patience).toBe('succeeded')
})

test('the tenant is shown as suspended, is not blamed, and is what it was afterwards', async () => {
  const { tenantId } = await customers.connected()
  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })
  await incidentsOf(running.services, tenantId)

  const shown = await admin('GET', '/tenants?status=suspended')
  const checked = await admin('POST', `/tenants/${tenantId}/verification`)
  await running.services.verification.checkTenant(tenantId)

  expect(shown.body.items).toMatchObject([{ tenantId, status: 'suspended', lastError: null }])
  expect(checked).toMatchObject({ status: 503, body: { code: 'suspended' } })
  expect((await running.services.tenants.summarize(administrator)).byStatus.suspended).toBe(1)
  await admin('DELETE', `/tenants/${tenantId}/suspension`)
  const after = await admin('GET', `/tenants/${tenantId}`)
  expect(after.body).toMatchObject({ status: 'connected', suspension: null, lastError: null })
  // The check that was called off is due.
  const { nextCheckAt } = await running.database.db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  expect(nextCheckAt?.getTime()).toBeLessThanOrEqual(Date.now())
})

test('a device action that was under way is looked up afterwards, not called failed', async () => {
  const { tenantId } = await customers.connected()
  const { devices } = running.services
  const { items } = await devices.list(administrator, tenantId, { limit: 1 })
  const fault = { service: 'endpoint', tenantId, path: '/runAntiVirusScan', kind: 'hang' } as const
  const faultId = running.simulator.control.addFault(fault).id
  const request = { type: 'scan', comment: 'case 17' } as const
  const asked = devices.request(administrator, tenantId, items[0]?.deviceId ?? '', request)
  const sent = () => running.simulator.control.requests({ tenantId, path: '/runAntiVirusScan' }).length
  await expect.poll(sent, patience).toBeGreaterThan(0)

  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })

  expect(await asked).toMatchObject({ status: 'unknown', error: { code: 'suspended' } })
  running.simulator.control.removeFault(faultId)
  await admin('DELETE', `/tenants/${tenantId}/suspension`)
})

test('who may not suspend is refused, and a tenant that one may not see is not found', async () => {
  const { tenantId } = await customers.connected()
  const [analyst, reader, limited] = await Promise.all([
    apiOf(running, 'analyst'),
    apiOf(running, 'reader'),
    apiOf(running, 'admin', ['elsewhere']),
  ])
  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })

  for (const api of [analyst, reader]) {
    expect((await api('PUT', `/tenants/${tenantId}/suspension`, { reason })).status).toBe(403)
    expect((await api('DELETE', `/tenants/${tenantId}/suspension`)).status).toBe(403)
    expect((await api('DELETE', '/suspension')).status).toBe(403)
  }
  expect(await limited('DELETE', `/tenants/${tenantId}/suspension`)).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  })
  expect((await limited('PUT', '/suspension', { reason })).status).toBe(403)
  expect((await limited('GET', '/suspensions')).body.items).toEqual([])
  expect((await reader('GET', '/suspensions')).body.items).toMatchObject([{ tenantId, reason }])
  await admin('DELETE', `/tenants/${tenantId}/suspension`)
})

test('a reason is asked for, and a second time changes the reason alone', async () => {
  const first = await admin('PUT', '/suspension', { reason })
  const second = await admin('PUT', '/suspension', { reason: 'it is worse' })

  expect((await admin('PUT', '/suspension', { reason: ' ' })).status).toBe(422)
  expect((await admin('PUT', '/suspension', { reason: 'x'.repeat(501) })).status).toBe(422)
  expect(second.body).toEqual({ ...first.body, reason: 'it is worse' })
})

test('it is audited and told, to those who see it', async () => {
  const { tenantId, name } = await customers.connected()
  await admin('PUT', `/tenants/${tenantId}/suspension`, { reason })
  await admin('DELETE', `/tenants/${tenantId}/suspension`)

  const { body } = await admin('GET', `/audit?tenant=${tenantId}&limit=2`)
  expect(body.items).toMatchObject([
    { action: 'suspension.ended', tenantName: name, detail: { reason, suspendedBy: 'admin key' } },
    { action: 'suspension.started', tenantName: name, detail: { reason } },
  ])
  const titles = async (api: Api) =>
    (await api('GET', '/notifications')).body.items.map(({ title }: { title: string }) => title)
  expect((await titles(admin)).slice(0, 2)).toEqual([
    `Calls to ${name} go out again (admin key)`,
    `Calls to ${name} are suspended by admin key: ${reason}`,
  ])
  expect((await titles(await apiOf(running, 'admin', ['elsewhere']))).join()).not.toContain(name)
})
