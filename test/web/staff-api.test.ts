import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { signedIn } from '../helpers/staff.ts'
import { givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let api: Api

beforeAll(async () => {
  running = await startApp({ work: false })
  api = await apiOf(running, 'admin')
})

afterAll(() => running?.close())

test('staff are listed, entered, limited and removed', async () => {
  const objectId = randomUUID()
  const made = await api('POST', '/staff', {
    objectId,
    username: 'ada@partner.example',
    tenants: { tags: ['North'] },
  })
  expect(made).toMatchObject({
    status: 201,
    body: { objectId, roles: [], tenants: { tags: ['north'], ids: [] }, lastSignInAt: null },
  })

  const changed = await api('PATCH', `/staff/${objectId}`, { tenants: 'all' })
  expect(changed).toMatchObject({ status: 200, body: { tenants: 'all' } })
  const none = await api('PATCH', `/staff/${objectId}`, { tenants: {} })
  expect(none.body.tenants).toEqual({ tags: [], ids: [] })

  expect((await api('DELETE', `/staff/${objectId}`)).status).toBe(204)
  const { items } = (await api('GET', '/staff')).body
  expect(items.find((one: { objectId: string }) => one.objectId === objectId).removedAt).not.toBeNull()
})

test('sessions of somebody are listed and ended', async () => {
  const staff = await signedIn(running, 'reader@partner.example')
  const { objectId } = await running.database.db.staffMember.findFirstOrThrow({
    where: { username: 'reader@partner.example' },
  })

  const { items } = (await api('GET', `/staff/${objectId}/sessions`)).body
  expect(items).toMatchObject([{ browser: expect.any(String), address: '127.0.0.1' }])
  expect(JSON.stringify(items)).not.toContain('idHash')
  expect((await api('DELETE', `/staff/${objectId}/sessions`)).status).toBe(204)

  expect((await staff.get('/tenants')).status).toBe(303)
})

test('keys are made with limits and an end, listed without themselves, and revoked', async () => {
  const { status, body } = await api('POST', '/api-keys', {
    name: 'ticket system',
    role: 'responder',
    tenants: { tags: ['north'] },
    expiresInDays: 30,
    addresses: ['127.0.0.1', '10.0.0.0/8'],
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    role: 'responder',
    tenants: { tags: ['north'], ids: [] },
    addresses: ['10.0.0.0/8', '127.0.0.1/32'],
    stopped: null,
  })
  const asKey = () =>
    fetch(`${running.url}/api/v1/tenants`, { headers: { authorization: `Bearer ${body.key}` } })
  expect((await asKey()).status).toBe(200)

  const listed = await api('GET', '/api-keys')
  expect(listed.text).not.toContain(body.key)
  expect(listed.body.items[0]).toMatchObject({ id: body.id, lastUsedAddress: '127.0.0.1' })

  expect((await api('DELETE', `/api-keys/${body.id}`)).status).toBe(204)
  expect((await api('DELETE', `/api-keys/${body.id}`)).status).toBe(404)
  expect((await asKey()).status).toBe(401)
})

test.each([
  ['POST', '/api-keys', { name: 'x', role: 'reader', ownerId: null }],
  ['POST', '/api-keys', { name: 'x', role: 'reader', expiresAt: '2099-01-01T00:00:00Z' }],
  ['POST', '/api-keys', { name: 'x', role: 'reader', hash: 'x', prefix: 'tnt_' }],
  ['POST', '/api-keys', { name: 'x', role: 'reader', seesAll: true }],
  ['POST', '/api-keys', { name: 'x', role: 'reader', tenants: { tags: [], seesAll: true } }],
  ['POST', '/api-keys', { name: 'x', role: 'owner' }],
  ['POST', '/api-keys', { name: 'x', role: 'reader', tenants: '*' }],
  ['POST', '/api-keys', { name: 'x', role: 'reader', tenants: null }],
  ['PATCH', '/staff/:id', { tenants: 'all', roles: ['admin'] }],
  ['PATCH', '/staff/:id', { tenants: 'all', removedAt: null }],
  ['PATCH', '/staff/:id', { roles: ['admin'] }],
  ['POST', '/staff', { objectId: randomUUID(), username: 'a@b.example', tenants: 'all', roles: ['admin'] }],
  ['POST', '/staff', { objectId: randomUUID(), username: 'a@b.example' }],
] as const)('%s %s takes no member that it does not know: %j', async (method, path, body) => {
  const [member] = await running.database.db.staffMember.findMany({ take: 1 })
  const before = [await running.database.db.apiKey.count(), await running.database.db.staffMember.count()]

  const { status } = await api(method, path.replace(':id', member?.objectId ?? randomUUID()), body)

  expect(status).toBe(422)
  expect([await running.database.db.apiKey.count(), await running.database.db.staffMember.count()]).toEqual(
    before,
  )
})

test('a key limited to tenants makes no key, webhook, rule or member of staff that sees more', async () => {
  const hidden = await givenTenant(running.database.db, { name: 'Southridge', tags: ['south'] })
  const north = await apiOf(running, 'admin', ['north'])
  const objectId = randomUUID()
  const hook = { name: 'x', url: 'https://hooks.example/x' }

  const statuses = []
  for (const tenants of ['all', { tags: ['south'] }, { ids: [hidden] }]) {
    statuses.push((await north('POST', '/api-keys', { name: 'x', role: 'reader', tenants })).status)
    statuses.push((await north('POST', '/staff', { objectId, username: 'a@b.example', tenants })).status)
  }
  statuses.push((await north('POST', '/webhooks', hook)).status)
  statuses.push((await north('POST', '/webhooks', { ...hook, limitedToTags: ['south'] })).status)
  statuses.push((await north('POST', '/webhooks', { ...hook, limitedToTenants: [hidden] })).status)

  expect(statuses).toEqual(statuses.map(() => 403))
  const mine = await north('POST', '/webhooks', { ...hook, limitedToTags: ['north'] })
  expect(mine.status).toBe(201)
  const wider = { ...hook, format: 'json', allowPrivate: false, limitedToTags: [], rulesOnly: false }
  expect((await north('PUT', `/webhooks/${mine.body.id}`, wider)).status).toBe(403)
})

test('requests of a key are counted and told, and too many are refused until the minute is over', async () => {
  const slow = await startApp({ work: false, settings: { TENANTRY_REQUESTS_PER_MINUTE: '10' } })
  try {
    const [one, other] = [await apiOf(slow, 'reader'), await apiOf(slow, 'reader')]
    const first = await one('GET', '/tenants')
    expect(first.headers.get('ratelimit-limit')).toBe('10')
    expect(first.headers.get('ratelimit-remaining')).toBe('9')

    const rest = await Promise.all(Array.from({ length: 12 }, () => one('GET', '/tenants')))
    const refused = rest.filter(({ status }) => status === 429)

    expect(refused.length).toBe(3)
    expect(refused[0]?.body).toMatchObject({ code: 'too_many_requests', remedy: expect.any(String) })
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await other('GET', '/tenants')).status).toBe(200)
  } finally {
    await slow.close()
  }
})

test('a refused act, and a refused key, are in the audit with where they came from', async () => {
  const reader = await apiOf(running, 'reader')
  await reader('POST', '/api-keys', { name: 'x', role: 'admin' })
  await fetch(`${running.url}/api/v1/tenants`, { headers: { authorization: 'Bearer tnt_x' } })

  const rows = await running.database.db.auditEvent.findMany({
    where: { action: { in: ['act.refused', 'api-key.refused'] } },
    orderBy: { id: 'asc' },
  })
  expect(rows.map(({ action, result }) => `${action} ${result}`)).toEqual(
    expect.arrayContaining(['act.refused refused', 'api-key.refused refused']),
  )
  expect(rows.find(({ action }) => action === 'act.refused')?.target).toBe('POST /api/v1/api-keys')
})
