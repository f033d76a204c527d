import { expect, test } from 'vitest'
import { type ApiAnswer, apiOf } from '../helpers/api.ts'
import { administrator, roles } from '../helpers/customers.ts'
import {
  asAnalyst,
  connected,
  customers,
  list,
  running,
  tenant,
  useIncidentApi,
} from '../helpers/incident-api.ts'

useIncidentApi()

test('incidents are listed in the contract’s shape, updated last first, page by page', async () => {
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
    products: expect.any(Array),
    categories: expect.any(Array),
    alertCount: expect.any(Number),
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
    webUrl: expect.stringMatching(/^https:/),
  })
  expect(first.body.sync).toMatchObject({
    tenants: 1,
    current: 1,
    oldestSyncedAt: expect.stringMatching(/Z$/),
  })
  const items = [...first.body.items, ...second.body.items]
  const times = items.map(({ updatedAt }) => updatedAt)
  expect(times).toEqual([...times].sort().reverse())
  expect(new Set(items.map(({ id }) => id)).size).toBe(4)
})

test('without a tenant, the list is of all tenants that one may see', async () => {
  const other = await connected()
  const { tenants } = running.services
  await tenants.change(administrator, other.tenantId, { tags: ['south'] })
  const inTheSouth = await apiOf(running, 'analyst', ['south'])

  const all = await list('limit=200')
  const byTag = await list('tag=south&limit=200')
  const limited = await list('limit=200', inTheSouth)
  const both = await list(`tenant=${tenant.tenantId}&tenant=${other.tenantId}&limit=200`)

  const ids = ({ body }: ApiAnswer): string[] => body.items.map(({ id }: { id: string }) => id)
  const tenantIds = new Set(all.body.items.map((one: { tenantId: string }) => one.tenantId))
  expect(tenantIds).toEqual(new Set([tenant.tenantId, other.tenantId]))
  expect(ids(both)).toEqual(ids(all))
  expect(ids(byTag)).toEqual(ids(limited))
  expect(limited.body.items.every((one: { tenantId: string }) => one.tenantId === other.tenantId)).toBe(true)
  expect(limited.body.sync).toMatchObject({ tenants: 1 })
})

test('filters narrow the list, and a search finds words of a title or a number', async () => {
  const ofTenant = (query: string) => list(`tenant=${tenant.tenantId}&limit=200&${query}`)
  const { body: all } = await ofTenant('')
  const [some] = all.items
  const { body: detail } = await asAnalyst('GET', `/incidents/${some.id}`)
  const [entity] = detail.entities

  const byNumber = await ofTenant(`search=${some.incidentId}`)
  const byTitle = await ofTenant(`search=${encodeURIComponent(some.title.slice(0, 9).toUpperCase())}`)
  const byEntity = await ofTenant(`entity=${encodeURIComponent(`${entity.kind}:${entity.value}`)}`)
  const byProduct = await ofTenant(`product=${some.products[0]}`)
  const later = await ofTenant(`updatedSince=${encodeURIComponent(some.updatedAt)}`)

  for (const severity of ['high', 'medium', 'low']) {
    const { body } = await ofTenant(`severity=${severity}`)
    const expected = all.items.filter((one: { severity: string }) => one.severity === severity)
    expect(body.items).toEqual(expected)
  }
  expect(byNumber.body.items.map(({ id }: { id: string }) => id)).toEqual([some.id])
  for (const { body } of [byTitle, byEntity, byProduct])
    expect(body.items.map(({ id }: { id: string }) => id)).toContain(some.id)
  expect(later.body.items[0].id).toBe(some.id)
  expect(later.body.items.every(({ updatedAt }: { updatedAt: string }) => updatedAt >= some.updatedAt)).toBe(
    true,
  )
})

test('counts are what the list holds', async () => {
  const { body: all } = await list(`tenant=${tenant.tenantId}&limit=200`)

  const { body: counts } = await asAnalyst('GET', `/incidents/counts?tenant=${tenant.tenantId}`)
  const { body: active } = await asAnalyst('GET', `/incidents/counts?tenant=${tenant.tenantId}&status=active`)

  const tally = (name: string): Record<string, number> => {
    const values = all.items.map((one: Record<string, string | null>) => one[name] ?? 'none')
    return Object.fromEntries(
      [...Map.groupBy(values, value => value)].map(([value, some]) => [value, some.length]),
    )
  }
  expect(counts).toMatchObject({ total: all.items.length, exact: true })
  expect(counts.severity).toEqual(tally('severity'))
  expect(counts.status).toEqual(tally('status'))
  expect(
    Object.fromEntries(
      counts.assignedTo.map((one: { value: string; count: number }) => [one.value, one.count]),
    ),
  ).toEqual(tally('assignedTo'))
  expect(counts.tenant).toEqual([
    { tenantId: tenant.tenantId, tenantName: tenant.name, count: all.items.length },
  ])
  expect(counts.product.length).toBeGreaterThan(0)
  expect(active).toMatchObject({ total: tally('status').active, status: { active: tally('status').active } })
})

test('a filter that cannot be is refused with what is wrong', async () => {
  const badTime = await list('updatedSince=yesterday')
  const badCursor = await list('cursor=nonsense')
  const otherSort = await list(`sort=-severity&cursor=${(await list('limit=1')).body.nextCursor}`)
  const badTenant = await list('tenant=bakery')

  for (const answer of [badTime, badCursor, otherSort, badTenant])
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid', detail: expect.any(String) } })
})

test('an incident comes with its alerts, their evidence, and a tag for its version', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&limit=1`)

  const answer = await asAnalyst('GET', `/incidents/${body.items[0].id}`)

  expect(answer.status).toBe(200)
  expect(answer.headers.get('etag')).toBe(`"${answer.body.updatedAt}"`)
  expect(answer.body.alerts.length).toBeGreaterThan(0)
  expect(answer.body.alerts[0]).toMatchObject({ tenantId: tenant.tenantId, evidence: expect.any(Array) })
  expect(answer.body).toMatchObject({
    comments: expect.any(Array),
    activity: expect.any(Array),
    entities: expect.arrayContaining([expect.objectContaining({ kind: expect.any(String) })]),
    incomplete: false,
  })
})

test('the audit names the tenant of an incident that was read', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&limit=1`)
  const auditor = await apiOf(running, 'admin')

  await auditor('GET', `/incidents/${body.items[0].id}`)

  await expect
    .poll(async () => (await auditor('GET', '/audit?action=incident.read')).body.items)
    .toContainEqual(expect.objectContaining({ tenantId: tenant.tenantId, tenantName: tenant.name }))
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

test('a customer without the role is behind, with what to ask for', async () => {
  const customer = await customers.connected(roles.endpoint)

  await expect
    .poll(async () => (await asAnalyst('GET', '/sync')).body.behind)
    .toContainEqual(
      expect.objectContaining({
        tenantId: customer.tenantId,
        tenantName: customer.name,
        syncedAt: null,
        error: expect.objectContaining({
          code: 'role_missing',
          message: expect.stringContaining('SecurityIncident.Read.All'),
          remedy: expect.any(String),
        }),
      }),
    )

  const { body } = await list(`tenant=${customer.tenantId}`)
  expect(body).toMatchObject({ items: [], sync: { tenants: 1, current: 0, oldestSyncedAt: null } })
})
