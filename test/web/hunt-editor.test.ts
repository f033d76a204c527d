import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { administrator } from '../helpers/customers.ts'
import { down, hunted, reached, running, staff, useHuntPages, withoutRole } from '../helpers/hunt-pages.ts'
import { signedIn, words } from '../helpers/staff.ts'
import { givenTenants } from '../hunting/hunts/stage.ts'

useHuntPages()

test('the editor works as a plain form: typed, checked and run without a script', async () => {
  const empty = await staff.get('/hunts')
  const checked = await staff.send('/hunts', '/hunts/plan', { query: 'DeviceInfo\r\n| take 3', scope: 'all' })

  expect(empty.text).toMatch(/<textarea[^>]+name="query"/)
  expect(words(checked.text)).toContain('Ready to run')
  expect(checked.text).toContain('DeviceInfo\n| take 3</textarea>')
  expect(words(checked.text)).toMatch(/3 tenants chosen, 2 can answer/)
  expect(words(checked.text)).toContain(withoutRole.name)
  expect(words(checked.text)).toMatch(/1 call of each tenant’s hunting quota, 2 in all/)
})

test('a mistake is refused with its place and what was typed; nobody is asked', async () => {
  running.simulator.control.resetRequests()

  const page = await staff.send('/hunts', '/hunts', {
    query: 'DeviceInfo\n| whre 1',
    name: 'Mine',
    scope: 'all',
  })

  expect(page.status).toBe(422)
  expect(words(page.text)).toContain('Line 2, column 3')
  expect(page.text).toContain('DeviceInfo\n| whre 1</textarea>')
  expect(page.text).toContain('value="Mine"')
  expect(running.simulator.control.requests({}).filter(({ service }) => service !== 'login')).toEqual([])
})

test('names that no documentation lists can be run after a look', async () => {
  const query = 'DeviceInfo | where BrandNewColumn == 1'

  const refused = await staff.send('/hunts', '/hunts', { query, scope: 'all' })
  const id = await hunted({ query, scope: 'all', allowUnknownNames: 'true' })

  expect(refused.status).toBe(422)
  expect(words(refused.text)).toContain('Run anyway')
  expect(words((await staff.get(`/hunts/${id}?view=tenants`)).text)).toContain('BrandNewColumn')
})

test('tenants are chosen by search; those ticked stay, and none that is unknown is run', async () => {
  const found = await staff.partial(
    `/hunts/tenants?tenantSearch=${encodeURIComponent(reached.name)}&tenantIds=${down.tenantId}`,
  )
  const none = await staff.send('/hunts', '/hunts', { query: 'DeviceInfo', scope: 'chosen' })

  expect(found.text).toMatch(new RegExp(`value="${down.tenantId}" checked`))
  expect(found.text).toMatch(new RegExp(`value="${reached.tenantId}">`))
  expect(none.status).toBe(422)
  expect(words(none.text)).toContain('no tenant is chosen')
})

test('readers look at hunts and cannot run them', async () => {
  const reader = await signedIn(running, 'reader@partner.example')

  const page = await reader.get('/hunts')
  const refused = await reader.send('/hunts', '/hunts', { query: 'DeviceInfo', scope: 'all' })

  expect(words(page.text)).toContain('You can read hunts, not run them')
  expect(page.text).not.toContain('<textarea')
  expect(refused.status).toBe(403)
})

test('the list has every hunt, and a hunt can be taken up again', async () => {
  const id = await hunted({ query: '// why\nprint Again=1', scope: 'chosen', tenantIds: reached.tenantId })

  const list = await staff.get('/hunts?whose=mine')
  const again = await staff.get(`/hunts?from=${id}`)

  expect(list.text).toContain(`<a href="/hunts/${id}">print Again=1</a>`)
  expect(again.text).toContain('// why\nprint Again=1</textarea>')
})

test('tenants that were chosen one by one are chosen again', async () => {
  const tenantIds = [reached.tenantId, down.tenantId]
  const { id } = await running.services.hunts.create(administrator, {
    query: 'print Again=2',
    tenants: tenantIds,
  })

  const again = await staff.get(`/hunts?from=${id}`)

  expect(again.text).toMatch(/name="scope"\s+value="chosen"\s+checked/)
  for (const tenantId of tenantIds) expect(again.text).toContain(`value="${tenantId}" checked`)
  expect(again.text).not.toContain(`value="${withoutRole.tenantId}" checked`)
  expect(again.text.match(/value="[0-9a-f-]{36}" checked/g)).toHaveLength(2)
})

test('a great many chosen tenants are asked again together', async () => {
  const tenants = await givenTenants(running.database.db, 101, { status: 'disconnected' })
  const { id } = await running.services.hunts.create(administrator, {
    query: 'print Many=1',
    name: 'Many',
    tenants,
  })

  const again = await staff.get(`/hunts?from=${id}`)
  const run = await staff.follow(
    await staff.post('/hunts', { query: 'print Many=2', scope: 'same', sameAs: id }),
  )
  const asked = await running.database.db.huntTask.findMany({
    where: { huntId: run.url.split('/').at(-1) ?? '' },
  })
  const unknown = await staff.post('/hunts', { query: 'print 1', scope: 'same', sameAs: randomUUID() })
  await running.database.db.tenant.deleteMany({ where: { id: { in: tenants } } })

  expect(again.text).toMatch(/name="scope"\s+value="same"\s+checked/)
  expect(words(again.text)).toMatch(/Those of “Many” 101 tenants/)
  expect(again.text.match(/ checked/g)).toHaveLength(1)
  expect(asked.map(({ tenantId }) => tenantId).toSorted()).toEqual(tenants.toSorted())
  expect(unknown.status).toBe(422)
})

test('the editor is served from here, packed and kept; nothing else of its packages is', async () => {
  const page = await staff.get('/hunts')
  const [, base = ''] = /data-query-editor="([^"]+)"/.exec(page.text) ?? []

  const [loader, schema, outside] = await Promise.all(
    [`${base}/vs/loader.js`, `${base}/schema.json`, `${base}/vs/../package.json`].map(path =>
      running.app.inject({ url: path, headers: { 'accept-encoding': 'gzip' } }),
    ),
  )

  expect(loader?.headers).toMatchObject({ 'content-encoding': 'gzip' })
  expect(loader?.headers['cache-control']).toContain('immutable')
  expect(schema?.statusCode).toBe(200)
  expect(outside?.statusCode).toBe(404)
})
