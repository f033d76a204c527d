import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { RouteAct } from '../../src/web/plugins/access/route-acts.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, customersOf } from '../helpers/customers.ts'
import { type Ask, addressOf, askingAs, changes } from './requests.ts'

let running: RunningApp
let ask: Ask
let routes: RouteAct[]
const logged: string[] = []
/** What exists, by the address below which its id stands. */
const known: Record<string, string> = {}

beforeAll(async () => {
  running = await startApp({
    tenants: 20,
    remote: { random: () => 0 },
    settings: { TENANTRY_LOG_LEVEL: 'error' },
    logTo: { write: text => void logged.push(text) },
  })
  const { app, services } = running
  ask = await askingAs(running, 'admin')
  // Asking for what Microsoft streams, or for our own files, is no work of ours.
  routes = app.routeActs.filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/assets/'))

  const { tenantId } = await customersOf(running).connected()
  const hunt = await services.hunts.create(administrator, {
    query: 'DeviceInfo | take 3',
    tenants: [tenantId],
  })
  const { items: queries } = await services.library.list(administrator, {}, { limit: 1 })
  const invitation = await services.invitations.create(administrator, { customerName: 'Contoso' })
  const webhook = await services.webhooks.create(administrator, {
    name: 'Queue',
    url: 'https://hooks.example/x',
    format: 'json',
    allowPrivate: false,
    limitedToTags: [],
  })
  const { items: devices } = await services.devices.list(administrator, tenantId, { limit: 1 })
  const schedule = await services.schedules.create(administrator, {
    name: 'Nightly',
    queryId: queries[0]?.id ?? '',
    queryVersion: null,
    parameters: {},
    cron: '0 3 * * *',
    timeZone: 'UTC',
    tenants: 'all',
    timespan: null,
    keyColumns: [],
    baseline: true,
    forgetAfterDays: 30,
    enabled: true,
  })
  const rule = await services.rules.create(administrator, {
    name: 'High',
    severities: ['high'],
    product: null,
    words: null,
    tenants: 'all',
    timeZone: 'UTC',
    quiet: null,
    targets: [{ kind: 'console', address: 'owner' }],
  })
  Object.assign(known, {
    '/tenants': tenantId,
    '/hunts': hunt.id,
    '/library': queries[0]?.id,
    '/queries': queries[0]?.id,
    '/invitations': invitation.id,
    '/webhooks': webhook.id,
    '/schedules': schedule.id,
    '/rules': rule.id,
    '/notification-rules': rule.id,
    '/targets': rule.targets[0]?.id,
    '/devices': devices[0]?.deviceId,
  })
  await vi.waitFor(
    async () => expect((await services.hunts.summary(administrator, hunt.id)).finishedAt).not.toBeNull(),
    { timeout: 120_000, interval: 100 },
  )
})

afterAll(() => running?.close())

/** Headers and what they may hold; request `n` takes the n-th value of each. */
const oddHeaders: Record<string, string[]> = {
  accept: [
    'application/json',
    'text/html;q=0',
    '*/*;q=0',
    'x',
    ',,;',
    'text/event-stream;q=0, */*;q=0.1',
    '/',
  ],
  'accept-encoding': ['gzip;q=0', '*', 'identity;q=0, *;q=0', 'x', 'br, zstd, gzip'],
  'accept-language': ['*', 'xx-yy-zz-1', ';q=2', '-'],
  range: ['bytes=0-0', 'bytes=-1', 'bytes=9-1', 'items=1', 'bytes='],
  'if-match': ['*', '"', 'W/"x", "y"', 'x', ''],
  'if-none-match': ['*', '"', 'W/""', ',', 'x'],
  'if-modified-since': ['yesterday', 'Thu, 01 Jan 1970 00:00:00 GMT', '', '-1'],
  'last-event-id': ['1', '', 'x'.repeat(3000), '\u00e9'],
  'hx-request': ['true', '', 'x'],
  'user-agent': ['', 'x'.repeat(5000), '\u00e9(', 'bot'],
  'x-forwarded-for': ['x', '1.2.3.4, ::1', ',', '999.1.1.1'],
  'x-forwarded-proto': ['https', 'x', ','],
  'x-forwarded-host': ['localhost', 'localhost:99999', 'localhost,localhost'],
  'x-request-id': ['', '"\\', 'x'.repeat(4000)],
  traceparent: ['', '00-0-0-0', '00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff'],
  'content-type': [
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/plain',
    '',
    'a/b/c;;',
    'application/json',
    'application/JSON ;x="',
  ],
  purpose: ['prefetch', ''],
  priority: ['u=9', 'x'],
  te: ['trailers', 'x'],
}

const bodies = [
  '',
  '{',
  '{}',
  'null',
  '[]',
  'a=1&a=2&a[b]=3',
  '"x"',
  '__proto__=1&_csrf=1',
  '%',
  '{"__proto__":{}}',
]
const queries = [
  '',
  '?cursor=x',
  '?cursor=1&cursor=2',
  '?limit=-1&format=x',
  '?search=a&search=b&tag=&tag=',
  '?%',
  '?q[]=1&=&&',
]
const rounds = 10

function headersOf(round: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(oddHeaders).map(([name, values], index) => [
      name,
      values[(round + index) % values.length] ?? '',
    ]),
  )
}

/** The id of something that exists where the route has one, the kind being named before it. */
function realAddress(route: RouteAct): string {
  const parts = route.url.split('/')
  return addressOf(route, name => known[`/${parts[parts.indexOf(`:${name}`) - 1]}`])
}

function expectNoBug(route: RouteAct, answer: Awaited<ReturnType<Ask>>, sent: unknown): void {
  const told = `${route.method} ${route.url} ${JSON.stringify(sent)} ${answer.body.slice(0, 300)} ${logged.at(-1)}`
  expect.soft(answer.statusCode, told).not.toBe(500)
  const { location } = answer.headers
  if (location === undefined) return
  const origins = [running.url, running.simulator.origin]
  expect(origins, `${told} leads to ${location}`).toContain(new URL(String(location), running.url).origin)
}

test('odd headers, queries and bodies are refused or ignored, never a bug of ours', async () => {
  expect(routes.length).toBeGreaterThan(80)
  for (const route of routes) {
    for (let round = 0; round < rounds; round += 1) {
      const headers = headersOf(round)
      const address = changes(route) || round % 2 === 0 ? addressOf(route) : realAddress(route)
      const url = address + (queries[round % queries.length] ?? '')
      const payload = changes(route) ? bodies[round % bodies.length] : undefined
      const answer = await ask(route.method, url, { headers, ...(payload === undefined ? {} : { payload }) })

      expectNoBug(route, answer, { url, headers, payload })
    }
  }
})

test('odd cookies and odd keys are nobody’s', async () => {
  const odd = ['', '%', 'x', 'x.y', '%00', `${'x'.repeat(3000)}`, '\u00e9']
  const authorizations = [
    'Bearer',
    'Bearer ',
    'bearer  x',
    'Basic eDp5',
    'Bearer tnt_',
    'Bearer tnt_\u00e9 x',
    'x',
  ]
  for (const route of routes.filter(({ act }) => act !== 'public')) {
    for (const [index, value] of odd.entries()) {
      const answer = await running.app.inject({
        method: route.method as 'GET',
        url: addressOf(route),
        headers: {
          cookie: `tenantry=${value}; tenantry-csrf=${value}; tenantry-end=${value}; =; ${value}`,
          authorization: authorizations[index] ?? '',
        },
      })

      expect([303, 401], `${route.method} ${route.url} ${value}`).toContain(answer.statusCode)
    }
  }
})

test('odd identifiers lead to nothing, and to no other site', async () => {
  const odd = [
    '%2F%2Fevil.example',
    '..%2F..',
    '%00',
    '%0d%0aX-Evil:1',
    "'--",
    '1e999',
    `${'9'.repeat(400)}`,
    '%ff',
  ]
  for (const route of routes.filter(({ url }) => url.includes(':'))) {
    for (const value of odd) {
      const answer = await ask(
        route.method,
        addressOf(route, () => value),
      )

      expectNoBug(route, answer, value)
      expect(answer.headers['x-evil'], `${route.url} ${value}`).toBeUndefined()
    }
  }
})
