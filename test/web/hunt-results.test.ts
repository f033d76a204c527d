import { expect, test } from 'vitest'
import { apiOf } from '../helpers/api.ts'
import { administrator, roles } from '../helpers/customers.ts'
import { customers, hunted, reached, running, staff, useHuntPages } from '../helpers/hunt-pages.ts'
import { words } from '../helpers/staff.ts'

useHuntPages()

const hostile = `<img src=x onerror=alert(1)> "q" & 'a'`

/** A value of every type, one whole number beyond 2^53, and text that means harm. */
const everyType = `print Big=9007199254740993, Small=toint(-7), Share=0.5, Yes=true, Nothing=int(null),
  At=datetime(2026-01-02T03:04:05.6789012Z), Bag=dynamic({"b":[1,2],"a":9007199254740993}),
  Long=strcat("start ", replace_string("${'x'.repeat(600)}", "x", "y"), " end"), Evil=@"${hostile.replaceAll('"', '""')}"`

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

test('cells that do not fit their column are kept with their rows, told as a conflict, and exported', async () => {
  const { control } = running.simulator
  const older = await customers.connected(roles.endpoint)
  const query = `range N from 1 to 2 step 1
    | extend At=datetime(2026-01-02), Flag=true, Small=toint(7), Name="x", Big=9007199254740993`
  const cells = { At: '', Flag: -1, Small: 1.5, Name: 5 }
  const { tenantId } = reached
  const faults = [
    control.addFault({ service: 'graph', tenantId, path: 'runHuntingQuery', kind: 'odd-cell', cells }),
    control.addFault({ service: 'endpoint', tenantId: older.tenantId, kind: 'odd-cell', cells }),
  ]
  const analyst = await apiOf(running, 'analyst')
  const asked = { query, tenants: [tenantId, older.tenantId] }

  const { id } = (await analyst('POST', '/hunts', asked)).body
  const read = async () => (await analyst('GET', `/hunts/${id}`)).body
  await expect.poll(async () => (await read()).finishedAt).not.toBeNull()
  for (const fault of faults) control.removeFault(fault.id)
  const found = await read()
  const rows = (await staff.get(`/hunts/${id}/export?format=ndjson`)).text.trim().split('\n')
  const page = words((await staff.get(`/hunts/${id}`)).text)
  const [csv, parquet] = await Promise.all(
    ['csv', 'parquet'].map(format => staff.get(`/hunts/${id}/export?format=${format}`)),
  )

  expect(found).toMatchObject({ status: 'succeeded', counts: { succeeded: 2, failed: 0 }, rowCount: 4 })
  for (const tenant of asked.tenants) {
    const own = rows.filter(row => row.includes(tenant))
    expect(own).toHaveLength(2)
    expect(own[0]).toMatch(/"At":"","Flag":"-1","Small":"?1\.5"?,"Name":"5","Big":9007199254740993/)
    expect(own[1]).toMatch(/"At":"2026-01-02T00:00:00[.0]*Z","Flag":"true","Small":"?7"?,"Name":"x"/)
  }
  expect(page).toContain('At is shown as string: string in 2 tenants, declared as datetime.')
  expect(csv?.text.trim().split('\r\n')).toHaveLength(5)
  expect(csv?.text).toContain(',-1,1.5,5,9007199254740993')
  expect(parquet?.text.startsWith('PAR1')).toBe(true)
  await running.services.tenants.remove(administrator, older.tenantId)
})

test('a result is sorted, filtered, grouped and drawn by its address', async () => {
  const query =
    'range N from 1 to 120 step 1 | extend Kind=iff(N % 40 == 0, "rare", "usual"), Timestamp=datetime(2026-01-01) + N * 1h'
  const id = await hunted({ query, scope: 'chosen', tenantIds: reached.tenantId })

  const sorted = await staff.get(`/hunts/${id}?descending=N&wait=true`)
  const filtered = await staff.get(`/hunts/${id}?column=N&operator=less&value=3`)
  const groups = await staff.get(`/hunts/${id}?view=groups&group=Kind`)
  const chart = await staff.get(`/hunts/${id}?view=chart&x=Kind&y=TenantId`)
  const time = await staff.get(`/hunts/${id}?view=time`)
  const misfit = await staff.get(`/hunts/${id}?f.N=less%3Aearly`)

  expect(words(sorted.text)).toMatch(new RegExp(`Row 1 ${reached.name} 120 rare .* ${reached.tenantId}`))
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
