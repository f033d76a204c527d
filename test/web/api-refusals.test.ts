import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { customersOf } from '../helpers/customers.ts'
import { signedIn } from '../helpers/staff.ts'

let running: RunningApp
let api: Api

beforeAll(async () => {
  running = await startApp({ tenants: 12, work: false })
  api = await apiOf(running, 'admin')
})

afterAll(() => running?.close())

test('every call of the API refuses a query parameter that it does not know, and names it', async () => {
  const calls = running.app.routeActs.filter(
    ({ method, url, act }) => method === 'GET' && url.startsWith('/api/v1/') && act !== 'public',
  )
  expect(calls.length).toBeGreaterThan(30)

  for (const { url } of calls) {
    const path = url.slice('/api/v1'.length).replaceAll(/:\w+/g, '0199b1c2-0000-7000-8000-000000000000')
    const answer = await api('GET', `${path}?serverity=high`)

    expect(answer, url).toMatchObject({
      status: 422,
      body: { code: 'invalid', errors: [{ field: 'serverity', message: 'is not known' }] },
    })
    expect(answer.body.detail).toContain('"serverity" is not a parameter')
  }
})

test('a refused parameter comes with those that would do, and filters by column need no list', async () => {
  const misspelt = await api('GET', '/tenants?serch=contoso')
  const byColumn = await api(
    'GET',
    '/hunts/0199b1c2-0000-7000-8000-000000000000/rows?f.File%20Name=contains:x',
  )
  const alike = await api('GET', '/hunts/0199b1c2-0000-7000-8000-000000000000/rows?g.FileName=contains:x')

  expect(misspelt.body.remedy).toBe('Parameters are: limit, cursor, search, status, tag.')
  expect(byColumn).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(alike).toMatchObject({ status: 422, body: { code: 'invalid' } })
})

test.each([
  ['limit=500', '"limit" must be at most 200.'],
  ['limit=many', '"limit" must be a number.'],
  ['status=fine', '"status" must be one of verifying, connected, degraded, disconnected, suspended.'],
  [`search=${'x'.repeat(300)}`, '"search" must have at most 200 characters.'],
])('what is wrong with tenants?%.30s is said in plain words', async (query, words) => {
  const answer = await api('GET', `/tenants?${query}`)

  expect(answer).toMatchObject({ status: 422, body: { code: 'invalid', detail: words } })
})

test('what is wrong with a body is said in plain words, field by field', async () => {
  const answer = await api('POST', '/hunts', { query: '', tenants: 7, colour: 'red' })
  const none = await api('POST', '/hunts', [])

  expect(answer.body.errors).toEqual(
    expect.arrayContaining([
      { field: 'query', message: 'must not be empty' },
      { field: 'tenants', message: 'has none of the forms that are accepted' },
      { field: '', message: 'has what is not known: colour' },
    ]),
  )
  expect(none.body.detail).toBe('The request must be an object.')
})

test.each(['P31D', 'P90D', '2020-01-01/2026-01-01', '2020-01-01/P1D'])(
  'the time span %s is more than advanced hunting keeps, and says so',
  async timespan => {
    const answer = await api('POST', '/hunts/plan', { query: 'DeviceInfo', tenants: 'all', timespan })

    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'invalid',
        detail: expect.stringContaining('more than 30 days'),
        remedy: expect.stringContaining('P30D'),
      },
    })
  },
)

test('rows of a hunt that is not finished come only when asked for as partial', async () => {
  const { tenantId } = await customersOf(running).connected()
  const { body: hunt } = await api('POST', '/hunts', { query: 'DeviceInfo | take 3', tenants: [tenantId] })
  const staff = await signedIn(running)

  const refused = await api('GET', `/hunts/${hunt.id}/rows`)
  const partial = await api('GET', `/hunts/${hunt.id}/rows?partial=true`)
  const file = await staff.get(`/hunts/${hunt.id}/export?format=ledger`)
  const page = await staff.get(`/hunts/${hunt.id}`)
  await api('POST', `/hunts/${hunt.id}/cancellation`)
  const canceled = await api('GET', `/hunts/${hunt.id}/rows`)

  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'conflict', remedy: expect.stringContaining('partial=true') },
  })
  expect(partial.status).toBe(200)
  expect(partial.headers.get('content-disposition')).toMatch(/-incomplete\.ndjson"$/)
  expect(file.text).toContain('1 tenant not answered yet')
  expect(page.text).toContain('Incomplete, so far: 0 rows')
  expect(canceled.status).toBe(200)
  expect(canceled.headers.get('content-disposition')).not.toContain('incomplete')
})

test('new rows of a run that is not finished come only when asked for as partial', async () => {
  const query = { name: 'Devices', query: 'DeviceInfo | take 3' }
  const { body: saved } = await api('POST', '/queries', query)
  const draft = { name: 'Watch', queryId: saved.id, cron: '0 6 * * *', tenants: 'all' }
  const { body: schedule } = await api('POST', '/schedules', draft)
  const { body: run } = await api('POST', `/schedules/${schedule.id}/runs`)
  const staff = await signedIn(running)

  const refused = await api('GET', `/schedules/${schedule.id}/runs/${run.id}/rows`)
  const partial = await api('GET', `/schedules/${schedule.id}/runs/${run.id}/rows?partial=true`)
  const ledger = await staff.get(`/schedules/${schedule.id}/runs/${run.id}/export?format=ledger`)

  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'conflict', remedy: expect.stringContaining('partial=true') },
  })
  expect(partial.status).toBe(200)
  expect(JSON.parse(partial.headers.get('x-tenantry-ledger') ?? '').waiting).toBeGreaterThan(0)
  expect(ledger.text).toContain('The result of the hunt is not complete.')
})

test('an address of the API that cannot be read is answered with a problem document', async () => {
  const broken = [
    '/api/v1/tenants/%ff',
    '/api/%',
    '/api/v1/incidents/%E0%A4%A',
    `/api/v1/tenants/${'x'.repeat(600)}`,
  ]

  for (const path of broken) {
    const answer = await raw(path)

    expect(answer.type, path).toContain('application/problem+json')
    expect(JSON.parse(answer.body)).toMatchObject({ status: answer.status, title: expect.any(String) })
    expect([400, 404, 414]).toContain(answer.status)
  }
})

/** As a program sends it: `fetch` would mend the address first. */
async function raw(path: string): Promise<{ status: number; type: string; body: string }> {
  const { hostname, port } = new URL(running.url)
  const sent = request({ hostname, port, path }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return {
    status: answer.statusCode ?? 0,
    type: answer.headers['content-type'] ?? '',
    body: await text(answer),
  }
}
