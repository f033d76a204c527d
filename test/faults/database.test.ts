import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { signedIn } from '../helpers/staff.ts'
import { patience, type Stage, startStage } from './stage.ts'

let stage: Stage
/** What a hunt finds when nothing happens to the database. */
let whole: Awaited<ReturnType<Stage['outcome']>>

beforeAll(async () => {
  stage = await startStage(12)
})

afterAll(() => stage?.close())

afterEach(async () => {
  await expect.poll(stage.readyz, patience).toEqual({ status: 200, missing: [] })
})

test('a hunt without faults finds something in every tenant', async () => {
  whole = await stage.outcome(await stage.hunt())

  expect(whole).toMatchObject({ status: 'succeeded', failed: [] })
  expect(Object.keys(whole.rows).sort()).toEqual([...stage.tenants].sort())
})

test('a database that is killed and started again loses and doubles nothing, and nothing is said of a tenant', async () => {
  const id = await stage.hunt()
  await stage.isUnderWay(id)

  await stage.server.stopAtOnce()
  await expect.poll(stage.readyz, patience).toEqual({ status: 503, missing: ['database'] })
  await stage.server.start()

  expect(await stage.outcome(id)).toEqual(whole)
  const { body } = await stage.api('GET', '/tenants?limit=200')
  expect(body.items.filter((tenant: { lastError: unknown }) => tenant.lastError !== null)).toEqual([])
})

test('while the database is away pages say so and come back, and what needs none is served', async () => {
  const staff = await signedIn(stage.running)
  const { url } = stage.running
  const style = /href="(\/assets\/[^"]+\.css[^"]*)"/.exec((await staff.get('/')).text)?.[1] ?? ''
  const cookie = [...staff.cookies(url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const get = (path: string) => fetch(url + path, { headers: { cookie }, redirect: 'manual' })
  await stage.server.stopAtOnce()

  const page = await get('/tenants')
  const document = await stage.api('GET', '/tenants')
  const others = await Promise.all(['/healthz', style, '/metrics'].map(get))
  const metrics = await others[2]?.text()
  await stage.server.start()

  expect(page.status).toBe(503)
  expect(page.headers.get('retry-after')).toBe('5')
  expect(page.headers.get('refresh')).toBe('5')
  expect(await page.text()).toContain('The database is not available')
  expect(document.status).toBe(503)
  expect(document.headers.get('retry-after')).toBe('5')
  expect(document.body).toMatchObject({ code: 'database_unavailable', remedy: expect.any(String) })
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(metrics).toContain('tenantry_database_up 0')
  expect(metrics).not.toMatch(/^tenantry_tenants\{/m)
  await expect.poll(async () => (await get('/tenants')).status, patience).toBe(200)
})

test('connections that are ended again and again cost time only', async () => {
  const id = await stage.hunt()
  for (let round = 0; round < 5; round++) {
    await stage.isUnderWay(id, round)
    await stage.server.terminate()
  }

  expect(await stage.outcome(id)).toEqual(whole)
})

test('a database that only reads is not ready, and what was broken off is done when it writes again', async () => {
  const id = await stage.hunt()
  await stage.isUnderWay(id)

  await stage.server.setReadOnly(true)
  await expect.poll(stage.readyz, patience).toEqual({ status: 503, missing: ['database'] })
  const refused = await stage.api('POST', '/hunts', { query: 'DeviceInfo', tenants: 'all' })
  await stage.server.setReadOnly(false)

  expect(refused.status).toBe(503)
  expect(await stage.outcome(id)).toEqual(whole)
})

test('a database that stands still is told while it does, and nothing hangs when it goes on', async () => {
  const id = await stage.hunt()
  await stage.isUnderWay(id)
  await stage.server.freeze()

  await expect.poll(stage.readyz, patience).toEqual({ status: 503, missing: ['database'] })
  const health = await fetch(`${stage.running.url}/healthz`)
  await stage.server.thaw()

  expect(health.status).toBe(200)
  expect(await stage.outcome(id)).toEqual(whole)
})

test('a writer that stands still in a transaction holds up others for seconds and no longer', async () => {
  const { url } = stage.server
  const { connect } = await import('../../src/platform/database/connections/connections.ts')
  const frozen = await connect(url, { name: 'frozen', onError: () => {} })
  await frozen.query('BEGIN')
  await frozen.query(`SELECT pg_advisory_xact_lock(hashtext('tenantry.audit'))`)

  const startedAt = performance.now()
  const status = async () => (await stage.api('POST', '/invitations', { customerName: 'Contoso' })).status
  await expect.poll(status, patience).toBe(201)

  expect(performance.now() - startedAt).toBeLessThan(25_000)
  await expect(frozen.query('SELECT 1')).rejects.toThrow()
})

test('asking whether it is ready takes no connections away, however often', async () => {
  const before = await connections()
  const answers = await Promise.all(Array.from({ length: 300 }, stage.readyz))

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(await connections()).toBeLessThanOrEqual(Math.max(before, 16) + 2)
})

test('a process keeps to its budget of connections', async () => {
  await Promise.all(Array.from({ length: 200 }, () => stage.api('GET', '/tenants')))

  // Two are the stage's own.
  expect(await connections()).toBeLessThanOrEqual(16 + 2)
})

async function connections(): Promise<number> {
  const [row] = await stage.server.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'tenantry %'`,
  )
  return row?.count ?? 0
}
