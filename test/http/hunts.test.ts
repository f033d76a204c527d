import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import type { Hunts } from '../../src/hunting/hunts/hunts.ts'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { givenTenants } from '../hunting/hunts/stage.ts'

let running: RunningApp
let customers: Customers
let staff: Staff
let reached: CustomerProfile
let withoutRole: CustomerProfile
let down: CustomerProfile

const hostile = `<img src=x onerror=alert(1)> "q" & 'a'`

/** A value of every type, one whole number beyond 2^53, and text that means harm. */
const everyType = `print Big=9007199254740993, Small=toint(-7), Share=0.5, Yes=true, Nothing=int(null),
  At=datetime(2026-01-02T03:04:05.6789012Z), Bag=dynamic({"b":[1,2],"a":9007199254740993}),
  Long=strcat("start ", replace_string("${'x'.repeat(600)}", "x", "y"), " end"), Evil=@"${hostile.replaceAll('"', '""')}"`

beforeAll(async () => {
  running = await startApp({ tenants: 40 })
  customers = customersOf(running)
  staff = await signedIn(running, 'analyst@partner.example')
  reached = await customers.connected()
  withoutRole = await customers.connected(['graph:SecurityIncident.Read.All'])
  down = await customers.connected()
  running.simulator.control.addFault({ service: 'graph', tenantId: down.tenantId, kind: 'forbidden' })
  running.simulator.control.addFault({ service: 'defender', tenantId: down.tenantId, kind: 'forbidden' })
})

afterAll(() => running?.close())

async function hunted(fields: Record<string, string>): Promise<string> {
  const page = await staff.send('/hunts', '/hunts', fields)
  const [, id = ''] = /\/hunts\/([0-9a-f-]{36})/.exec(page.url) ?? []
  expect(id, words(page.text)).not.toBe('')
  await expect
    .poll(async () => (await staff.get(`/hunts/${id}`)).text, { timeout: 20_000 })
    .toContain('Export')
  await expect
    .poll(async () => words((await staff.get(`/hunts/${id}`)).text), { timeout: 30_000 })
    .toMatch(/Complete: every tenant answered|Not complete/)
  return id
}

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

test('whoever was not reached stands in the account with the reason, never as nothing found', async () => {
  const id = await hunted({ query: 'print Found=1', name: 'Account', scope: 'all' })

  const page = words((await staff.get(`/hunts/${id}`)).text)
  const tenants = words((await staff.get(`/hunts/${id}?view=tenants`)).text)
  const failed = words((await staff.get(`/hunts/${id}?view=tenants&state=failed`)).text)
  const ledger = await staff.get(`/hunts/${id}/export?format=ledger`)

  expect(page).toContain('Not complete')
  expect(page).toMatch(/Asked 3 tenants Answered 1 tenant /)
  expect(tenants).toContain(reached.name)
  expect(failed).not.toContain(reached.name)
  for (const { name } of [withoutRole, down]) expect(failed).toMatch(new RegExp(`${name} failed – `))
  expect(ledger.text).toContain('The result of the hunt is not complete.\n3 tenants asked\n')
})

test('nothing found, and nobody who answered, are not told alike', async () => {
  const nothing = 'DeviceInfo | where DeviceName == "no such device"'
  const some = await hunted({ query: nothing, scope: 'all' })
  const whole = await hunted({ query: nothing, scope: 'chosen', tenantIds: reached.tenantId })
  const none = await hunted({ query: nothing, scope: 'chosen', tenantIds: down.tenantId })

  const [partly, empty, silent] = await Promise.all(
    [some, whole, none].map(async id => words((await staff.get(`/hunts/${id}`)).text)),
  )

  expect(partly).toContain('1 tenant answered, 2 did not: what they have is not known.')
  expect(empty).toContain('Every tenant answered, and none has anything that fits the query.')
  expect(silent).toContain('Whether there is anything to find is not known.')
})

test('values are shown as they are: all digits, nulls, JSON, times, and harm escaped', async () => {
  const id = await hunted({ query: everyType, scope: 'chosen', tenantIds: reached.tenantId })

  const rows = await staff.get(`/hunts/${id}`)
  const row = await staff.get(`/hunts/${id}/rows/0`)

  expect(words(rows.text)).toContain('9007199254740993')
  expect(rows.text).toContain('<span class="table__null" data-null>null</span>')
  expect(rows.text).toContain('<time datetime="2026-01-02T03:04:05.678Z">2026-01-02T03:04:05.6789012Z</time>')
  expect(words(rows.text)).toContain('{"b":[1,2],"a":9007199254740993}')
  expect(words(rows.text)).toContain('more characters')
  for (const { text } of [rows, row]) expect(text).not.toContain('<img')
  expect(words(row.text)).toContain('y end')
  expect(words(row.text)).toContain('"Big": 9007199254740993')
  expect(row.text).toContain(`href="/tenants/${reached.tenantId}"`)
})

test('a result is sorted, filtered, grouped and drawn by its address', async () => {
  const query =
    'range N from 1 to 120 step 1 | extend Kind=iff(N % 40 == 0, "rare", "usual"), Timestamp=datetime(2026-01-01) + N * 1h'
  const id = await hunted({ query, scope: 'chosen', tenantIds: reached.tenantId })

  const sorted = await staff.get(`/hunts/${id}?descending=N&wait=true`)
  const filtered = await staff.get(`/hunts/${id}?column=N&operator=less&value=3`)
  const groups = await staff.get(`/hunts/${id}?view=groups&group=Kind`)
  const chart = await staff.get(`/hunts/${id}?view=chart&x=Kind&y=TenantName`)
  const time = await staff.get(`/hunts/${id}?view=time`)
  const misfit = await staff.get(`/hunts/${id}?f.N=less%3Aearly`)

  expect(words(sorted.text)).toMatch(new RegExp(`Row 1 ${reached.tenantId} ${reached.name} 120 rare`))
  expect(words(sorted.text)).toContain('Rows 1 to 50 of 120')
  expect(words(sorted.text)).toMatch(/Sorted by N, descending \(as it came instead\)/)
  expect(filtered.location).toBe(`${running.url}/hunts/${id}?f.N=less%3A3`)
  expect(words((await staff.follow(filtered)).text)).toContain('Rows 1 to 2 of 2')
  expect(words(groups.text)).toMatch(/rare 3 rows of this group 1 usual 117 rows of this group 1/)
  expect(chart.text).toMatch(/<svg viewBox[^>]+role="img"/)
  expect(chart.text).toContain('<title id="columns-chart-title">Rows by Kind, parted by TenantName</title>')
  expect(words(time.text)).toMatch(/Each bar is \d+ hours?, in UTC/)
  expect(misfit.status).toBe(422)
  expect(words(misfit.text)).toContain('This cannot be shown')
  for (const { text } of [chart, time]) expect(text).not.toMatch(/ style="/)
})

test('a page whose result takes long comes without it, and fetches it when it is there', async () => {
  const id = await hunted({
    query: 'range N from 1 to 3 step 1',
    scope: 'chosen',
    tenantIds: reached.tenantId,
  })
  const { hunts } = running.services
  const gate = Promise.withResolvers<void>()
  const groups: Hunts['groups'] = async (...wanted) => {
    await gate.promise
    return await hunts.groups(...wanted)
  }
  const slow = await createApp({ ...running.services, hunts: { ...hunts, groups } })
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const address = `/hunts/${id}?view=groups&group=N`

  const page = await slow.inject({ url: address, headers: { cookie } })
  const part = slow.inject({ url: `${address}&wait=true`, headers: { cookie, 'hx-request': 'true' } })
  gate.resolve()

  expect(page.statusCode).toBe(200)
  expect(words(page.body)).toContain('Putting 3 rows in order')
  expect(page.body).toContain(`hx-get="${address.replace('&', '&amp;')}&amp;wait=true"`)
  expect(words((await part).body)).toContain('1 to 3 of 3 groups')
  expect(words((await part).body)).toContain('The result is in order')
  await slow.close()
})

test('the whole result is downloaded in each format, under a name that says which hunt', async () => {
  const query = 'range N from 1 to 3 step 1'
  const id = await hunted({ query, name: 'Three rows', scope: 'chosen', tenantIds: reached.tenantId })

  const [csv, excel, ndjson, json, parquet] = await Promise.all(
    ['csv', 'csv&bom=true', 'ndjson', 'json', 'parquet'].map(format =>
      staff.get(`/hunts/${id}/export?format=${format}`),
    ),
  )

  expect(csv?.text.split('\r\n')[0]).toBe('TenantId,TenantName,N')
  expect(csv?.text.trim().split('\r\n')).toHaveLength(4)
  expect(excel?.status).toBe(200)
  expect(ndjson?.text.trim().split('\n')).toHaveLength(3)
  expect(JSON.parse(json?.text ?? '')).toMatchObject({ ledger: { asked: 1, answered: 1, rows: 3 } })
  expect(parquet?.text.startsWith('PAR1')).toBe(true)
})

test('what is seen is downloaded, and the file never passes for the whole', async () => {
  const query = 'range N from 1 to 30 step 1 | extend Kind=iff(N > 27, "rare", "usual")'
  const id = await hunted({ query, name: 'Some', scope: 'chosen', tenantIds: reached.tenantId })

  const page = await staff.get(`/hunts/${id}?f.Kind=equals%3Arare&descending=N&wait=true`)
  const links = [...page.text.matchAll(/href="(\/hunts\/[^"]+\/export[^"]+)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  )
  const [csv, , ndjson, json, parquet, account, whole] = await Promise.all(links.map(href => staff.get(href)))
  const refused = await staff.get(`/hunts/${id}/export?format=csv&f.Kind=is:rare`)
  const misfit = await staff.get(`/hunts/${id}?f.N=less%3Aearly`)

  expect(words(page.text)).toMatch(/Filtered: 3 rows CSV .* The whole result: 30 rows CSV/)
  expect(
    csv?.text
      .trim()
      .split('\r\n')
      .map(line => line.split(',').slice(2).join()),
  ).toEqual(['N,Kind', '30,rare', '29,rare', '28,rare'])
  expect(ndjson?.text.trim().split('\n')).toHaveLength(3)
  expect(JSON.parse(json?.text ?? '').ledger).toMatchObject({
    rows: 30,
    excerpt: { rows: 3, sort: { column: 'N', descending: true } },
  })
  expect(parquet?.text.startsWith('PAR1')).toBe(true)
  expect(account?.text).toMatch(
    /^This is a part of the result: 3 of 30 rows, only those where Kind is rare\n/,
  )
  expect(whole?.text.trim().split('\r\n')).toHaveLength(31)
  expect(refused.status).toBe(422)
  expect(misfit.text).not.toContain('export?format=csv&amp;f.')
})

test('progress comes as server-sent HTML until the hunt is over', async () => {
  const id = await hunted({ query: 'print X=1', scope: 'chosen', tenantIds: reached.tenantId })

  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const events = await fetch(`${running.url}/hunts/${id}/events`, {
    headers: { cookie, accept: 'text/html, text/event-stream' },
  })
  const text = await events.text()

  expect(events.headers.get('content-type')).toContain('text/event-stream')
  expect(text).toContain('Complete: every tenant answered')
  expect(text).toContain(`hx-get="/hunts/${id}"`)
  expect(text.trimEnd().endsWith('event: over\ndata:')).toBe(true)
})

test('a hunt is canceled and keeps what came', async () => {
  const slow = await customers.connected()
  running.simulator.control.addFault({
    service: 'graph',
    tenantId: slow.tenantId,
    kind: 'delay',
    delayMs: 30_000,
  })
  const begun = await staff.send('/hunts', '/hunts', { query: 'print Kept=1', scope: 'all' })
  const id = begun.url.split('/').at(-1) ?? ''
  await expect
    .poll(async () => words((await staff.get(`/hunts/${id}`)).text), { timeout: 20_000 })
    .toMatch(/1 answered with rows/)

  const page = await staff.send(`/hunts/${id}`, `/hunts/${id}/cancellation`)

  expect(words(page.text)).toContain('The hunt is canceled. What came until then is kept.')
  expect(words(page.text)).toMatch(/Canceled 1 tenant/)
  expect(words(page.text)).toContain('Rows 1 to 1 of 1')
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

  expect(again.text).toMatch(/name="scope" value="chosen" checked/)
  for (const tenantId of tenantIds) expect(again.text).toContain(`value="${tenantId}" checked`)
  expect(again.text).not.toContain(`value="${withoutRole.tenantId}" checked`)
  expect(words(again.text)).toContain('2 tenants chosen')
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

  expect(again.text).toMatch(/name="scope" value="same" checked/)
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
