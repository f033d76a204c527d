import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetricsApp } from '../../src/web/metrics-app.ts'
import { apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { customersOf } from '../helpers/customers.ts'
import { signedIn } from '../helpers/staff.ts'

let running: RunningApp
const lines: string[] = []

beforeAll(async () => {
  running = await startApp({
    tenants: 12,
    settings: { TENANTRY_LOG_LEVEL: 'info', TENANTRY_ROLE: 'web' },
    logTo: { write: line => void lines.push(line) },
  })
})

afterAll(() => running?.close())

const inject = (url: string, headers: Record<string, string> = {}) => running.app.inject({ url, headers })

test('a request keeps the id that a proxy gave it, and gets one of its own otherwise', async () => {
  const given = await inject('/healthz', { 'x-request-id': 'edge-0123456789' })
  const odd = await inject('/healthz', { 'x-request-id': 'a\u00e9 "quoted"' })
  const none = await Promise.all([inject('/healthz'), inject('/healthz')])

  const own = [odd, ...none].map(({ headers }) => headers['x-request-id'])
  expect(given.headers['x-request-id']).toBe('edge-0123456789')
  for (const id of own) expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect(new Set(own).size).toBe(3)
})

test('lines of the log name the process, the host, the role, the request and its trace', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'for-the-log' }
  await inject('/sign-in', headers)

  const line = lines.map(text => JSON.parse(text)).find(({ reqId }) => reqId === 'for-the-log')
  expect(line).toMatchObject({
    pid: process.pid,
    host: expect.any(String),
    role: 'web',
    req: { method: 'GET', url: '/sign-in', traceId },
  })
})

test('pages, answers and assets are compressed; streams, and pages that show a secret, are not', async () => {
  const staff = await signedIn(running)
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const encodingOf = async (url: string, accepted: string) =>
    (await inject(url, { cookie, 'accept-encoding': accepted })).headers['content-encoding']
  const style = /href="(\/assets\/[^"]+\.css[^"]*)"/.exec((await staff.get('/')).text)?.[1] ?? ''
  const api = await apiOf(running, 'admin')
  const { body: invitation } = await api('POST', '/invitations', { customerName: 'Contoso' })
  const packed = await inject('/', { cookie, 'accept-encoding': 'gzip' })

  expect(await encodingOf('/', 'br, gzip')).toBe('br')
  expect(gunzipSync(packed.rawPayload).toString()).toContain('<html')
  expect(await encodingOf(style, 'br')).toBe('br')
  expect(await encodingOf('/api/openapi.json', 'gzip')).toBe('gzip')
  expect(await encodingOf('/', 'identity')).toBeUndefined()
  for (const secret of [`/invitations/${invitation.id}`, new URL(invitation.joinUrl).pathname, '/settings'])
    expect(await encodingOf(secret, 'br, gzip'), secret).toBeUndefined()
})

test('no page that the menu leads to is over 30 KB compressed', async () => {
  const customers = customersOf(running)
  for (let count = 0; count < 5; count++) await customers.connected()
  const staff = await signedIn(running)
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const links = [...(await staff.get('/')).text.matchAll(/<a[^>]+href="(\/[a-z/]*)"/g)].map(
    ([, url]) => url ?? '',
  )

  for (const url of new Set(links)) {
    const { rawPayload } = await inject(url, { cookie, 'accept-encoding': 'br' })
    expect(rawPayload.length, url).toBeLessThan(30 * 1024)
  }
})

test('metrics tell what waits, what failed, and which process this is', async () => {
  const app = createMetricsApp(running.services)
  const { body, statusCode } = await app.inject('/metrics')
  await app.close()

  expect(statusCode).toBe(200)
  expect(body).toMatch(/^tenantry_build_info\{version="[\d.]+",role="web",node="24[\d.]+"\} 1$/m)
  expect(body).toMatch(/^tenantry_database_up 1$/m)
  expect(body).toMatch(/^tenantry_database_connections\{state="most"\} 10$/m)
  expect(body).toMatch(/^tenantry_sync_tenants_behind \d+$/m)
  expect(body).toMatch(/^tenantry_tokens_total\{outcome="\w+"\} \d+$/m)
  for (const name of [
    'tenantry_jobs',
    'tenantry_job_oldest_seconds',
    'tenantry_hunts_open',
    'tenantry_hunt_tasks_open',
    'tenantry_schedule_late_seconds',
    'tenantry_deliveries',
    'tenantry_quota_wait_seconds',
    'tenantry_circuits_open',
    'tenantry_job_failures_total',
  ])
    expect(body).toContain(`# TYPE ${name} `)
})

test('with more to do than it can, the process refuses at once and goes on with what must be answered', async () => {
  const { pool } = running.services
  const held = await Promise.all(Array.from({ length: 10 }, () => pool.connect()))
  const waiting = Array.from({ length: 250 }, () => pool.query('SELECT 1'))

  const refused = await inject('/api/v1/tenants')
  const health = await inject('/healthz')
  for (const client of held) client.release()
  await Promise.all(waiting)
  const after = await inject('/api/v1/tenants', await running.apiKey('reader'))

  expect(refused.statusCode).toBe(503)
  expect(refused.headers['retry-after']).toBe('2')
  expect(refused.json()).toMatchObject({ code: 'busy' })
  expect(health.statusCode).toBe(200)
  expect(after.statusCode).toBe(200)
})
