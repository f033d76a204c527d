import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, customersOf } from '../helpers/customers.ts'
import { type Ask, addressOf, askingAs } from './requests.ts'

let running: RunningApp
let ask: Ask
const logged: string[] = []

beforeAll(async () => {
  running = await startApp({
    tenants: 8,
    work: false,
    settings: { TENANTRY_LOG_LEVEL: 'info' },
    logTo: { write: text => void logged.push(text) },
  })
  ask = await askingAs(running, 'admin')
  await customersOf(running).connected()
})

afterAll(() => running?.close())

/** What a statement would do if a value became part of it: fail, wait, or say more. */
const injections = [
  "' OR '1'='1",
  "'; SELECT pg_sleep(30); --",
  '\') UNION SELECT * FROM "ApiKey" --',
  '1; DROP TABLE "Tenant"; --',
  '\\',
  '$1',
  '%\' AND 1=CAST((SELECT hash FROM "ApiKey" LIMIT 1) AS int) --',
]

/** Filters of lists and pages, each once with each injection. */
const filters: [path: string, names: string[]][] = [
  ['/api/v1/tenants', ['search', 'tag', 'cursor']],
  [
    '/api/v1/incidents',
    ['search', 'tag', 'assignedTo', 'product', 'category', 'technique', 'entity', 'cursor'],
  ],
  ['/api/v1/incidents/counts', ['search', 'tag', 'product', 'entity']],
  ['/api/v1/audit', ['actor', 'action', 'cursor']],
  ['/api/v1/queries', ['search', 'cursor']],
  ['/api/v1/notifications', ['cursor']],
  ['/api/v1/sightings', ['since', 'cursor']],
  ['/api/v1/approvals', ['cursor']],
  ['/tenants', ['search', 'tag', 'error', 'missing', 'sort', 'cursor']],
  ['/incidents', ['search', 'tag', 'entity', 'product', 'sort', 'cursor']],
  ['/hunts', ['search', 'cursor']],
  ['/library', ['search', 'tag', 'cursor']],
  ['/audit', ['actor', 'action', 'tenant', 'cursor']],
  ['/search', ['q']],
]

test('SQL in a filter is a value and nothing else', async () => {
  const before = await running.database.db.tenant.count()

  for (const [path, names] of filters) {
    for (const name of names) {
      for (const value of injections) {
        const beganAt = performance.now()
        const answer = await ask('GET', `${path}?${new URLSearchParams({ [name]: value })}`)

        const told = `${path} ${name}=${value}`
        expect(answer.statusCode, told).toBeLessThan(500)
        expect(performance.now() - beganAt, told).toBeLessThan(25_000)
        expect(answer.body, told).not.toContain('tnt_')
      }
    }
  }
  expect(await running.database.db.tenant.count()).toBe(before)
})

test('a path leads to no file but those that pages link to', async () => {
  const paths = [
    '/assets/../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/....//package.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/%252e%252e/package.json',
    '/assets//etc/passwd',
    '/assets/css/../../../.env',
    '/assets/css%00.css',
    '/assets/',
    '/.git/config',
    '/src/main.ts',
  ]
  for (const path of paths) {
    const { statusCode, body } = await rawly('GET', path)

    expect([303, 400, 404], path).toContain(statusCode)
    expect(body, path).not.toMatch(/"dependencies"|root:|\[core\]|import /)
  }
})

test('members that a route does not name are refused, and change nothing', async () => {
  const { db } = running.database
  const [tenant] = await db.tenant.findMany({ take: 1 })
  const bodies: [method: string, path: string, body: object][] = [
    ['POST', '/api/v1/invitations', { customerName: 'A', status: 'verified' }],
    ['POST', '/api/v1/invitations', { customerName: 'A', createdById: 'x', tokenHash: 'y' }],
    ['PATCH', `/api/v1/tenants/${tenant?.id}`, { tags: ['a'], status: 'connected', rolesGranted: ['x'] }],
    ['PUT', `/api/v1/tenants/${tenant?.id}/suspension`, { reason: 'a', byLabel: 'somebody else' }],
    ['POST', '/api/v1/hunts', { query: 'DeviceInfo', tenants: 'all', createdBy: 'x' }],
    [
      'POST',
      '/api/v1/approvals/00000000-0000-4000-8000-000000000000/decision',
      { approve: true, status: 'done' },
    ],
  ]
  for (const [method, path, body] of bodies) {
    const answer = await ask(method, path, {
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    })
    expect(answer.statusCode, `${path} ${JSON.stringify(body)}`).toBe(422)
  }
  const polluted = await ask('POST', '/api/v1/invitations', {
    headers: { 'content-type': 'application/json' },
    payload: '{"customerName":"A","__proto__":{"role":"admin"}}',
  })
  expect(polluted.statusCode).toBeGreaterThanOrEqual(400)
  expect(polluted.statusCode).toBeLessThan(500)
  expect(({} as { role?: string }).role).toBeUndefined()
  expect(await db.tenant.findMany({ take: 1 })).toEqual([tenant])
})

test('line breaks from outside become no header and no line of the log', async () => {
  const evil = 'x\r\nset-cookie: stolen=1\r\n\r\n{"level":60,"msg":"forged"}'
  logged.length = 0

  const answers = [
    await ask('GET', `/sign-in?returnTo=${encodeURIComponent(`/${evil}`)}`),
    await ask('GET', `/tenants?search=${encodeURIComponent(evil)}`),
    await ask('GET', `/api/v1/hunts/${encodeURIComponent(evil)}/rows`),
    await ask('POST', '/api/v1/invitations', {
      headers: { 'content-type': 'application/json', 'user-agent': 'a\tb' },
      payload: JSON.stringify({ customerName: evil }),
    }),
    await rawly('GET', '/healthz', { 'x-request-id': 'a'.repeat(5_000) }),
  ]

  for (const { headers } of answers) {
    expect(JSON.stringify(headers['set-cookie'] ?? '')).not.toContain('stolen')
  }
  const lines = logged.join('').trim().split('\n')
  for (const line of lines) expect(JSON.parse(line).msg).not.toBe('forged')
})

test('a name with line breaks and markup is one line of text in every list', async () => {
  const name = '<img src=x onerror=alert(1)>\r\nBcc: all@partner.example'

  const made = await running.services.invitations.create(administrator, { customerName: name })

  expect(made.customer.name).not.toMatch(/[\r\n]/)
  const page = await ask('GET', '/invitations')
  expect(page.body).not.toContain('<img src=x')
})

test('every route is asked with the id of something else, and none answers with a bug', async () => {
  for (const route of running.app.routeActs.filter(
    ({ method, act }) => method === 'GET' && act !== 'public',
  )) {
    const answer = await ask(
      'GET',
      addressOf(route, () => "1' OR '1'='1"),
    )
    expect(answer.statusCode, route.url).toBeLessThan(500)
  }
})

/** Past `URL`, which would resolve the dots before they are sent. */
function rawly(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }> {
  const { hostname, port } = new URL(running.url)
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, method, path, headers }, async answer => {
      let body = ''
      for await (const piece of answer) body += piece
      resolve({ statusCode: answer.statusCode ?? 0, headers: answer.headers, body })
    })
    asking.on('error', reject).end()
  })
}
