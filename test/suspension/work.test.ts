import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSuspensionGate } from '../../src/suspension/gate.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'
import { signedIn, words } from '../helpers/staff.ts'
import { synced } from '../helpers/synced.ts'

const reason = 'an analyst’s laptop was stolen'
const patience = { interval: 50 }

let running: RunningApp
let customers: Customers

beforeAll(async () => {
  running = await startApp({ tenants: 20, syncIncidents: true })
  customers = customersOf(running)
})

afterAll(() => running?.close())

const callsTo = (tenantId: string) =>
  running.simulator.control.requests({ tenantId }).reduce((sum, { count }) => sum + count, 0)

test('incidents of a suspended tenant are not read, and are read again afterwards', async () => {
  const { suspension, sync } = running.services
  const { db } = running.database
  const { tenantId } = await customers.connected()
  await synced(running, tenantId)

  await suspension.suspend(administrator, tenantId, reason)
  await expect
    .poll(() => db.incidentSync.findUnique({ where: { tenantId } }), patience)
    .toMatchObject({ claimedBy: null })
  running.simulator.control.resetRequests()
  await sync.wake([tenantId])
  const witness = await customers.connected()
  await synced(running, witness.tenantId)

  const row = await db.incidentSync.findUniqueOrThrow({ where: { tenantId } })
  expect(callsTo(tenantId)).toBe(0)
  expect(row).toMatchObject({ error: null, failures: 0 })

  await suspension.resume(administrator, tenantId)
  await expect
    .poll(async () => (await db.incidentSync.findUniqueOrThrow({ where: { tenantId } })).syncedAt, patience)
    .not.toEqual(row.syncedAt)
})

test('a first check that was under way begins anew when the suspension ends', async () => {
  const { suspension, verification } = running.services
  const { db } = running.database
  const { tenantId } = await customers.connected()
  const longAgo = new Date(Date.now() - 3_600_000)
  await db.tenant.update({
    where: { id: tenantId },
    data: { status: 'verifying', verificationStartedAt: longAgo, verificationNextAt: longAgo },
  })
  await suspension.suspend(administrator, null, reason)

  await verification.resumeStranded()
  const { verificationRun } = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  await verification.verifyTenant(tenantId, verificationRun)
  const meanwhile = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  await suspension.resume(administrator, null)
  const after = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })

  expect(meanwhile).toMatchObject({ status: 'verifying', lastError: null, verificationStartedAt: longAgo })
  expect(after.verificationStartedAt?.getTime()).toBeGreaterThan(longAgo.getTime())
})

test('a list of tenants to connect waits at the line where it stands', async () => {
  const { suspension, connectLists } = running.services
  const { tenantId } = customers.consented()
  await suspension.suspend(administrator, null, reason)

  const id = await connectLists.create(administrator, `Larkfield; ${tenantId}`)
  await connectLists.work(id)

  expect(await connectLists.get(administrator, id)).toMatchObject({
    finishedAt: null,
    counts: { waiting: 1 },
  })
  await suspension.resume(administrator, null)
  await connectLists.work(id)
  await expect
    .poll(() => connectLists.get(administrator, id), patience)
    .toMatchObject({ counts: { connected: 1 }, finishedAt: expect.any(String) })
})

test('every page says who suspended what, since when and why, to those who see it', async () => {
  const { tenantId, name } = await customers.connected()
  const [admin, reader] = await Promise.all([signedIn(running), signedIn(running, 'reader@partner.example')])

  const done = await admin.send(`/tenants/${tenantId}/suspension`, `/tenants/${tenantId}/suspension`, {
    reason: '<b>stolen</b>',
  })

  const banner = new RegExp(
    `Calls to ${name} are suspended since .* by admin@partner\\.example: &lt;b&gt;stolen`,
  )
  expect(words(done.text)).toMatch(banner)
  expect(words(done.text)).toContain('End the suspension')
  for (const page of ['/', '/incidents', '/hunts', '/tenants', '/notifications']) {
    expect(words((await reader.get(page)).text), page).toMatch(banner)
  }
  expect((await reader.get(`/tenants/${tenantId}/suspension`)).status).toBe(403)

  const ended = await admin.send(`/tenants/${tenantId}`, `/tenants/${tenantId}/suspension/end`)
  expect(words(ended.text)).toContain(`Calls to ${name} go out again.`)
  expect((await reader.get('/')).text).not.toContain('suspension-banner')
})

test('everything is suspended from the settings, with a reason', async () => {
  const admin = await signedIn(running)

  const refused = await admin.send('/settings/suspension', '/settings/suspension', { reason: ' ' })
  const done = await admin.send('/settings/suspension', '/settings/suspension', { reason })
  const page = words((await admin.get('/incidents')).text)
  const ended = await admin.send('/settings/suspension', '/settings/suspension/end')

  expect(refused.status).toBe(422)
  expect(words(refused.text)).toContain('The reason is missing')
  expect(words(done.text)).toContain(reason)
  expect(page).toContain('All calls to customers are suspended')
  expect(words(ended.text)).toContain('Not suspended.')
})

test('a process that cannot read whether calls are suspended makes none', async () => {
  const gate = createSuspensionGate({
    read: () => Promise.reject(new Error('the database is away')),
    connectionString: running.database.url,
    exempt: running.services.partnerTenantId,
    onSuspended: () => {},
    onError: () => {},
  })
  const call = { tenantId: '11111111-2222-4333-8444-555555555555', service: 'graph' } as const

  await gate.start()
  const refused = await gate.run(call, async () => 'called').catch(error => error.failure)
  const signIn = await gate.run({ ...call, tenantId: running.services.partnerTenantId }, async () => 'called')
  await gate.stop()

  expect(refused).toMatchObject({ code: 'suspended', message: expect.stringContaining('is not known') })
  expect(signIn).toBe('called')
})
