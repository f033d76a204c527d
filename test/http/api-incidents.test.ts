import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'

let running: RunningApp
let customers: Customers
let asAnalyst: Api
let tenant: CustomerProfile

beforeAll(async () => {
  running = await startApp({ tenants: 40, work: false, remote: { random: () => 0 } })
  customers = customersOf(running)
  asAnalyst = await apiOf(running, 'analyst')
  tenant = await customers.connected()
})

afterAll(() => running?.close())

const list = (query: string, api = asAnalyst) => api('GET', `/incidents?${query}`)

test('incidents of a tenant are listed in the contract’s shape, updated last first, page by page', async () => {
  const first = await list(`tenant=${tenant.tenantId}&limit=2`)
  const second = await list(
    `tenant=${tenant.tenantId}&limit=2&cursor=${encodeURIComponent(first.body.nextCursor)}`,
  )

  expect(first.status).toBe(200)
  expect(first.body.items).toHaveLength(2)
  expect(first.body.items[0]).toMatchObject({
    id: `${tenant.tenantId}:${first.body.items[0].incidentId}`,
    tenantId: tenant.tenantId,
    tenantName: tenant.name,
    incidentId: expect.stringMatching(/^\d+$/),
    title: expect.any(String),
    severity: expect.any(String),
    status: expect.any(String),
    classification: expect.any(String),
    determination: expect.any(String),
    tags: expect.any(Array),
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  })
  const items = [...first.body.items, ...second.body.items]
  const times = items.map(({ updatedAt }) => updatedAt)
  expect(times).toEqual([...times].sort().reverse())
  expect(new Set(items.map(({ id }) => id)).size).toBe(4)
})

test('filters narrow the list, and a search finds a title or a number', async () => {
  const { body: all } = await list(`tenant=${tenant.tenantId}&limit=200`)
  const [some] = all.items

  const high = await list(`tenant=${tenant.tenantId}&severity=high&limit=200`)
  const byNumber = await list(`tenant=${tenant.tenantId}&search=${some.incidentId}&limit=200`)
  const byTitle = await list(
    `tenant=${tenant.tenantId}&search=${encodeURIComponent(some.title.slice(0, 12).toUpperCase())}&limit=200`,
  )

  expect(high.body.items.length).toBeGreaterThan(0)
  expect(high.body.items.every(({ severity }: { severity: string }) => severity === 'high')).toBe(true)
  expect(byNumber.body.items.map(({ id }: { id: string }) => id)).toEqual([some.id])
  expect(byTitle.body.items.map(({ id }: { id: string }) => id)).toContain(some.id)
})

test('without a tenant, or with a filter that cannot be, it is said what is wrong', async () => {
  const withoutTenant = await list('severity=high')
  const badTime = await list(`tenant=${tenant.tenantId}&updatedSince=yesterday`)
  const badCursor = await list(`tenant=${tenant.tenantId}&cursor=nonsense`)

  expect(withoutTenant).toMatchObject({
    status: 422,
    body: { code: 'invalid', detail: expect.stringContaining('"tenant"'), remedy: expect.any(String) },
  })
  expect(badTime).toMatchObject({ status: 422, body: { code: 'invalid' } })
  expect(badCursor).toMatchObject({ status: 422, body: { code: 'invalid' } })
})

test('an incident comes with its alerts, their evidence, and a tag for its version', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&limit=1`)

  const answer = await asAnalyst('GET', `/incidents/${body.items[0].id}`)

  expect(answer.status).toBe(200)
  expect(answer.headers.get('etag')).toBe(`"${answer.body.updatedAt}"`)
  expect(answer.body.alerts.length).toBeGreaterThan(0)
  expect(answer.body.alerts[0]).toMatchObject({ tenantId: tenant.tenantId, evidence: expect.any(Array) })
})

test.each(['graph', 'defender'] as const)('a change is written through to Microsoft by %s', async surface => {
  const customer = await customers.connected(roles[surface])
  const { body } = await list(`tenant=${customer.tenantId}&status=active&limit=1`)
  const read = await asAnalyst('GET', `/incidents/${body.items[0].id}`)
  const change = {
    status: 'inProgress',
    assignedTo: 'analyst@partner.example',
    classification: 'truePositive',
    determination: 'malware',
    comment: 'looked at it',
  }

  const changed = await asAnalyst('PATCH', `/incidents/${body.items[0].id}`, change, {
    'if-match': read.headers.get('etag') ?? '',
  })

  const { comment, ...fields } = change
  expect(changed).toMatchObject({ status: 200, body: fields })
  expect(changed.headers.get('etag')).toBe(`"${changed.body.updatedAt}"`)
  const after = await asAnalyst('GET', `/incidents/${body.items[0].id}`)
  expect(after.body).toMatchObject(fields)
  expect(after.body.comments.map((one: { comment: string }) => one.comment)).toContain(comment)
})

test('a change on an old version is refused, one without a version too, and a star takes any', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&status=active&limit=1`)
  const path = `/incidents/${body.items[0].id}`
  const read = await asAnalyst('GET', path)
  const etag = read.headers.get('etag') ?? ''
  const first = await asAnalyst('PATCH', path, { tags: ['first'] }, { 'if-match': etag })

  const stale = await asAnalyst('PATCH', path, { tags: ['second'] }, { 'if-match': etag })
  const blind = await asAnalyst('PATCH', path, { tags: ['third'] })
  const any = await asAnalyst('PATCH', path, { tags: ['fourth'] }, { 'if-match': '*' })

  expect(first.status).toBe(200)
  expect(stale).toMatchObject({
    status: 412,
    body: { code: 'changed_upstream', updatedAt: first.body.updatedAt },
  })
  expect(blind).toMatchObject({ status: 428, body: { code: 'precondition_required' } })
  expect(any).toMatchObject({ status: 200, body: { tags: ['fourth'] } })
})

test('readers may look and not change, and a tenant out of sight is not found', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&limit=1`)
  const [{ id }] = body.items
  const asReader = await apiOf(running, 'reader')
  const elsewhere = await apiOf(running, 'analyst', ['another-tag'])

  const look = await asReader('GET', `/incidents/${id}`)
  const touch = await asReader('PATCH', `/incidents/${id}`, { status: 'resolved' }, { 'if-match': '*' })
  const hidden = await Promise.all([
    list(`tenant=${tenant.tenantId}`, elsewhere),
    elsewhere('GET', `/incidents/${id}`),
    elsewhere('PATCH', `/incidents/${id}`, { status: 'resolved' }, { 'if-match': '*' }),
  ])

  expect(look.status).toBe(200)
  expect(touch).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(hidden.map(({ status }) => status)).toEqual([404, 404, 404])
})

test('an id that cannot be, an unknown incident and a change of nothing are told apart', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&limit=1`)

  const strange = await asAnalyst('GET', '/incidents/4711')
  const unknown = await asAnalyst('GET', `/incidents/${tenant.tenantId}:99999999`)
  const nothing = await asAnalyst('PATCH', `/incidents/${body.items[0].id}`, {}, { 'if-match': '*' })
  const misfit = await asAnalyst(
    'PATCH',
    `/incidents/${body.items[0].id}`,
    { classification: 'falsePositive', determination: 'malware' },
    { 'if-match': '*' },
  )

  expect(strange).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(unknown).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(nothing).toMatchObject({ status: 422, body: { code: 'invalid' } })
  expect(misfit).toMatchObject({ status: 422, body: { code: 'invalid' } })
})

test('a customer without the role is answered with what to ask for', async () => {
  const customer = await customers.connected(roles.endpoint)

  const refused = await list(`tenant=${customer.tenantId}`)

  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'role_missing', detail: expect.stringContaining('SecurityIncident.Read.All') },
  })
})
