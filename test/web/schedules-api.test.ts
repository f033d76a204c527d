import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemActor } from '../../src/tenants/actor.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { customersOf } from '../helpers/customers.ts'

let running: RunningApp
let admin: Api
let analyst: Api
let reader: Api
let tenantIds: string[]

beforeAll(async () => {
  running = await startApp({ tenants: 12 })
  ;[admin, analyst, reader] = await Promise.all([
    apiOf(running, 'admin'),
    apiOf(running, 'analyst'),
    apiOf(running, 'reader'),
  ])
  const customers = customersOf(running)
  tenantIds = [(await customers.connected()).tenantId, (await customers.connected()).tenantId]
})

afterAll(() => running.close())

const query = {
  name: 'Devices by name',
  query:
    'declare query_parameters(n: long = 3);\nDeviceInfo | summarize by DeviceName | top n by DeviceName asc',
}

/** The run once it has ended. */
async function endOf(scheduleId: string, runId: string) {
  await expect
    .poll(async () => (await analyst('GET', `/schedules/${scheduleId}/runs/${runId}`)).body.status, {
      timeout: 120_000,
    })
    .toMatch(/done|failed/)
  return (await analyst('GET', `/schedules/${scheduleId}/runs/${runId}`)).body
}

test('a query is saved, changed from its newest version only, and kept in every version', async () => {
  const made = await analyst('POST', '/queries', query)
  const { id } = made.body

  const changed = await analyst('PUT', `/queries/${id}`, { ...query, tags: ['mine'], version: 1 })
  const late = await analyst('PUT', `/queries/${id}`, { ...query, version: 1 })
  const filled = await reader('POST', `/queries/${id}/rendering`, { parameters: { n: '5' } })
  const wrong = await reader('POST', `/queries/${id}/rendering`, { parameters: { n: 'five', m: '1' } })
  const versions = await reader('GET', `/queries/${id}/versions`)
  const removed = await analyst('DELETE', `/queries/${id}`)

  expect(made).toMatchObject({
    status: 201,
    body: { version: 1, parameters: [{ name: 'n', type: 'long', defaultValue: '3' }] },
  })
  expect(changed.body).toMatchObject({ version: 2, tags: ['mine'] })
  expect(late).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect(filled.body.query).toMatch(/^let n = long\(5\);/)
  expect(wrong).toMatchObject({
    status: 422,
    body: { code: 'invalid', parameters: { n: expect.any(String), m: expect.any(String) } },
  })
  expect(versions.body.items.map(({ version }: { version: number }) => version)).toEqual([2, 1])
  expect(removed.status).toBe(204)
})

test('the library is listed page by page, and readers cannot save', async () => {
  const first = await reader('GET', '/queries?limit=10&tactic=execution')
  const second = await reader('GET', `/queries?limit=10&cursor=${first.body.nextCursor ?? ''}`)
  const refused = await reader('POST', '/queries', query)
  const broken = await analyst('POST', '/queries', { ...query, query: 'DeviceInfo | wher' })

  expect(first.body.items.length).toBeGreaterThan(3)
  expect(second.status).toBe(200)
  expect(refused).toMatchObject({ status: 403 })
  expect(broken).toMatchObject({ status: 422, body: { code: 'invalid_query', problems: expect.any(Array) } })
})

test('a schedule runs in the tenants, tells a signed webhook and the console what is new, once', async () => {
  const received: { headers: IncomingHttpHeaders; body: string }[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', piece => {
      body += piece
    })
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.end()
    })
  })
  await new Promise<void>(done => receiver.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const webhook = await admin('POST', '/webhooks', { name: 'Tickets', url, allowPrivate: true })
  const { id: queryId } = (await analyst('POST', '/queries', { ...query, name: 'Scheduled' })).body
  const made = await analyst('POST', '/schedules', {
    name: 'Watch',
    queryId,
    parameters: { n: '2' },
    cron: '0 6 * * *',
    timeZone: 'Europe/Berlin',
    tenants: tenantIds,
    baseline: false,
  })
  const { id } = made.body

  const started = await analyst('POST', `/schedules/${id}/runs`)
  const first = await endOf(id, started.body.id)
  const second = await endOf(id, (await analyst('POST', `/schedules/${id}/runs`)).body.id)
  await expect.poll(() => received.length).toBe(1)
  await new Promise(done => receiver.close(done))

  expect(made).toMatchObject({ status: 201, body: { tenants: tenantIds, query: { version: 1 } } })
  expect(first).toMatchObject({ status: 'done', newRows: 4, tenants: { asked: 2, answered: 2 } })
  expect(second).toMatchObject({ status: 'done', newRows: 0 })

  const rows = await analyst('GET', `/schedules/${id}/runs/${first.id}/rows`)
  const lines = rows.text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(Object.keys(lines[0])).toEqual(['TenantId', 'TenantName', 'DeviceName'])
  expect(lines).toHaveLength(4)
  expect(JSON.parse(rows.headers.get('x-tenantry-ledger') ?? '')).toMatchObject({
    asked: 2,
    answered: 2,
    rows: 4,
  })
  const csv = await analyst('GET', `/schedules/${id}/runs/${first.id}/rows?format=csv`)
  expect(csv.text).toMatch(/^TenantId,TenantName,DeviceName\r\n/)

  const [message] = received
  const key = Buffer.from(webhook.body.secret.replace('whsec_', ''), 'base64')
  const signed = `${message?.headers['webhook-id']}.${message?.headers['webhook-timestamp']}.${message?.body}`
  expect(message?.headers['webhook-signature']).toBe(
    `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  )
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    type: 'schedule.findings',
    newRows: 4,
    coverage: { asked: 2, answered: 2, failed: 0 },
    url: `${running.url}/schedules/${id}/runs/${first.id}`,
  })
  const notifications = await reader('GET', '/notifications')
  expect(notifications.body.items).toMatchObject([{ title: 'Watch: 4 new rows in 2 tenants', isNew: true }])
  const deliveries = await admin('GET', `/webhooks/${webhook.body.id}/deliveries`)
  expect(deliveries.body.items).toMatchObject([{ status: 'delivered', lastStatus: 200 }])
  const refused = await analyst('DELETE', `/queries/${queryId}`)
  expect(refused).toMatchObject({ status: 409, body: { remedy: expect.stringContaining('Watch') } })
})

test('a tenant is muted with a reason and an end, and a mistake is named', async () => {
  const { id: queryId } = (await analyst('POST', '/queries', { ...query, name: 'Muted' })).body
  const schedule = { name: 'Muted', queryId, cron: '0 6 * * *', tenants: 'all' }
  const { id } = (await analyst('POST', '/schedules', schedule)).body
  const endsAt = new Date(Date.now() + 86_400_000).toISOString()

  const made = await analyst('POST', `/schedules/${id}/mutes`, {
    tenantId: tenantIds[0],
    reason: 'Known',
    endsAt,
  })
  const wrong = await analyst('POST', `/schedules/${id}/mutes`, {
    tenantId: tenantIds[0],
    reason: '',
    endsAt,
  })
  const ended = await analyst('DELETE', `/schedules/${id}/mutes/${made.body.id}`)
  const bad = await analyst('POST', '/schedules', { ...schedule, cron: 'daily', timeZone: 'Mars/Base' })

  expect(made).toMatchObject({ status: 201, body: { owner: 'analyst key', reason: 'Known', endsAt } })
  expect(wrong).toMatchObject({ status: 422, body: { fields: { reason: expect.any(String) } } })
  expect(ended.status).toBe(204)
  expect(bad).toMatchObject({
    status: 422,
    body: { code: 'invalid', fields: { timeZone: expect.any(String) } },
  })
})

test('a program that sees some tenants only schedules those, and webhooks are for administrators', async () => {
  const limited = await apiOf(running, 'analyst', ['nowhere'])
  const { id: queryId } = (await analyst('POST', '/queries', { ...query, name: 'Limited' })).body
  const schedule = { name: 'Limited', queryId, cron: '0 6 * * *', tenants: tenantIds }

  const refused = await limited('POST', '/schedules', schedule)
  const { body } = await analyst('POST', '/schedules', schedule)
  const seen = await limited('GET', `/schedules/${body.id}`)
  const webhooks = await analyst('GET', '/webhooks')

  expect(refused).toMatchObject({ status: 404 })
  expect(seen.body.tenants).toEqual([])
  expect(webhooks.status).toBe(403)
})

test('a schedule of a key that was revoked stops, and an administrator takes it over', async () => {
  const { key, view } = await running.services.apiKeys.create(systemActor, {
    name: 'old script',
    role: 'analyst',
  })
  const call = (method: string, path: string, body?: object) =>
    fetch(`${running.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  const { id: queryId } = (await analyst('POST', '/queries', { ...query, name: 'Left behind' })).body
  const schedule = { name: 'Left behind', queryId, cron: '0 6 * * *', tenants: tenantIds }
  const { id } = (await (await call('POST', '/schedules', schedule)).json()) as { id: string }
  await running.services.apiKeys.revoke(systemActor, view.id)

  const shown = await reader('GET', `/schedules/${id}`)
  const refused = await analyst('POST', `/schedules/${id}/runs`)
  const notTheirs = await analyst('POST', `/schedules/${id}/ownership`)
  const taken = await admin('POST', `/schedules/${id}/ownership`)
  const run = await endOf(id, (await analyst('POST', `/schedules/${id}/runs`)).body.id)

  expect(shown.body.ownerProblem).toMatchObject({
    code: 'owner_gone',
    message: expect.stringContaining('its owner, the API key "old script", was revoked on'),
  })
  expect(refused).toMatchObject({ status: 409, body: { remedy: expect.stringContaining('take') } })
  expect(notTheirs.status).toBe(403)
  expect(taken).toMatchObject({ status: 200, body: { runsAs: 'admin key', ownerProblem: null } })
  expect(run).toMatchObject({ status: 'done', tenants: { answered: 2 } })
})

test('all of it is described', async () => {
  const description = await (await fetch(`${running.url}/api/openapi.json`)).json()

  const paths = Object.keys((description as { paths: object }).paths)
  for (const path of [
    '/queries',
    '/queries/{id}/versions',
    '/schedules/{id}/runs',
    '/webhooks/{id}/deliveries',
  ])
    expect(paths).toContain(`/api/v1${path}`)
})
