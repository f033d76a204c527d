import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../../helpers/app.ts'
import { until } from './stage.ts'

let running: RunningApp
let authorization: { authorization: string }
let tenantIds: string[]

beforeAll(async () => {
  running = await startApp({ tenants: 8 })
  authorization = await running.apiKey('admin')
  const customers = running.simulator.world.customers().filter(({ licenses }) => licenses.length === 6)
  tenantIds = customers.slice(0, 4).map(({ tenantId }) => tenantId)
  for (const [index, tenant] of tenantIds.entries()) {
    running.simulator.control.grantConsent(tenant)
    const answer = await post('/tenants', { tenant, name: `Customer ${index}` })
    expect(answer.statusCode, answer.body).toBe(201)
  }
})

afterAll(() => running.close())

const post = (path: string, payload: object) =>
  running.app.inject({ method: 'POST', url: `/api/v1${path}`, headers: authorization, payload })
const get = (path: string) => running.app.inject({ url: `/api/v1${path}`, headers: authorization })

async function givenHunt(query: string, tenants: unknown = 'all') {
  const created = await post('/hunts', { query, tenants })
  expect(created.statusCode, created.body).toBe(202)
  const { id } = created.json<{ id: string }>()
  return until(
    async () => (await get(`/hunts/${id}`)).json(),
    hunt => hunt.finishedAt !== null,
  )
}

test('a query runs in every tenant and its rows come in each format', async () => {
  const hunt = await givenHunt('DeviceInfo | summarize by DeviceName | take 3')

  const ndjson = await get(`/hunts/${hunt.id}/rows`)
  const csv = await get(`/hunts/${hunt.id}/rows?format=csv&bom=true`)
  const json = await get(`/hunts/${hunt.id}/rows?format=json`)
  const parquet = await get(`/hunts/${hunt.id}/rows?format=parquet`)

  expect(hunt).toMatchObject({ status: 'succeeded', counts: { total: 4, succeeded: 4, failed: 0 } })
  const rows = ndjson.body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(rows).toHaveLength(hunt.rowCount)
  expect(Object.keys(rows[0]).slice(0, 3)).toEqual(['TenantId', 'TenantName', 'DeviceName'])
  expect(new Set(rows.map(row => row.TenantId))).toEqual(new Set(tenantIds))
  expect(csv.body).toMatch(/^\ufeffTenantId,TenantName,DeviceName\r\n/)
  expect(json.json()).toMatchObject({ ledger: { asked: 4, answered: 4 }, rows })
  expect(parquet.rawPayload.subarray(0, 4).toString()).toBe('PAR1')
  expect(JSON.parse(String(ndjson.headers['x-tenantry-ledger']))).toMatchObject({ asked: 4, answered: 4 })
  expect(ndjson.headers['content-disposition']).toMatch(/^attachment; filename="hunt-[\d-]+\.ndjson"$/)
})

test('rows are selected by the parameters of the page, and the ledger says so', async () => {
  const hunt = await givenHunt('range N from 1 to 5 step 1', tenantIds.slice(0, 2))

  const some = await get(`/hunts/${hunt.id}/rows?format=ndjson&f.N=greater:3&descending=N`)
  const wrongTest = await get(`/hunts/${hunt.id}/rows?f.N=above:3`)
  const wrongColumn = await get(`/hunts/${hunt.id}/rows?f.M=greater:3`)

  const rows = some.body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).N)
  expect(rows).toEqual([5, 5, 4, 4])
  expect(JSON.parse(String(some.headers['x-tenantry-ledger']))).toMatchObject({
    rows: 10,
    excerpt: { rows: 4, filters: [{ column: 'N', operator: 'greater', value: '3' }] },
  })
  expect(some.headers['content-disposition']).toMatch(/-filtered-4-of-10-rows\.ndjson"$/)
  expect([wrongTest.json().code, wrongColumn.json().code]).toEqual(['invalid', 'invalid'])
})

test('a query with an error is refused with its place, before any tenant is called', async () => {
  const answer = await post('/hunts', { query: 'DeviceInfo\n| whre x == 1', tenants: 'all' })

  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({ code: 'invalid_query', runnableWithUnknownNames: false })
  expect(answer.json().problems[0]).toMatchObject({ line: 2, column: 3, kind: 'syntax' })
})

test('unknown names run only when they are allowed', async () => {
  const query = 'DeviceInfo | extend Later = NewColumn'

  const refused = await post('/hunts', { query, tenants: 'all' })
  const allowed = await post('/hunts', { query, tenants: 'all', allowUnknownNames: true })

  expect(refused.json()).toMatchObject({ code: 'invalid_query', runnableWithUnknownNames: true })
  expect(allowed.statusCode).toBe(202)
})

test('progress arrives as events until the hunt is over', async () => {
  const { id } = (
    await post('/hunts', { query: 'DeviceInfo | count', tenants: tenantIds.slice(0, 2) })
  ).json()

  const answer = await fetch(`${running.url}/api/v1/hunts/${id}/events`, { headers: authorization })
  const text = await answer.text()

  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const events = [...text.matchAll(/event: progress\ndata: (.*)/g)].map(([, data]) => JSON.parse(data ?? ''))
  expect(events[0].tenants).toHaveLength(2)
  expect(events.at(-1).hunt).toMatchObject({ id, status: 'succeeded', rowCount: 2 })
  expect(text).toMatch(/event: end\n/)
})

test('a plan says who would be asked and what stands against the query', async () => {
  const answer = await post('/hunts/plan', { query: 'DeviceInfo | where Nope == 1', tenants: 'all' })

  expect(answer.statusCode, answer.body).toBe(200)
  expect(answer.json()).toMatchObject({
    chosen: 4,
    asked: 4,
    analysis: { ok: false, runnableWithUnknownNames: true, problems: [{ kind: 'unknown-name' }] },
    cost: { calls: 4, callsPerTenantAndMinute: 27 },
  })
})

test('a hunt that is over can be canceled without harm, and a reader may not cancel', async () => {
  const { id } = await givenHunt('DeviceInfo | count')
  const readerKey = await running.apiKey('reader')

  const again = await post(`/hunts/${id}/cancellation`, {})
  const refused = await running.app.inject({
    method: 'POST',
    url: `/api/v1/hunts/${id}/cancellation`,
    headers: readerKey,
  })

  expect(again.statusCode).toBe(202)
  expect(again.json()).toMatchObject({ status: 'succeeded' })
  expect(refused.statusCode).toBe(403)
})

test('nobody finds a hunt that is not there', async () => {
  const answer = await get('/hunts/00000000-0000-4000-8000-000000000000')

  expect(answer.statusCode).toBe(404)
})
