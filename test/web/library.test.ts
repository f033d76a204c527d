import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  running = await startApp({ tenants: 8 })
  staff = await signedIn(running)
  await customersOf(running).connected()
})

afterAll(() => running.close())

const form = {
  name: 'Devices',
  description: 'All devices.',
  query: 'DeviceInfo | summarize by DeviceName',
  tactic: '',
  techniques: '',
  tags: '',
  version: '0',
}

async function givenQuery(changes: Partial<typeof form> = {}): Promise<string> {
  const saved = await staff.send('/library/new', '/library', { ...form, ...changes })
  const id = /\/library\/([0-9a-f-]{36})/.exec(saved.url)?.[1] ?? ''
  expect(id, words(saved.text)).not.toBe('')
  return id
}

test('the library shows what comes with Tenantry and finds it by word, technique and tactic', async () => {
  const all = await staff.get('/library')
  const found = await staff.get('/library?search=T1558&tactic=credential-access')
  const nothing = await staff.get('/library?search=no+such+words')

  expect(words(all.text)).toContain('The memory of LSASS written to a file')
  expect(words(found.text)).toContain('Service tickets that one account collects in bulk')
  expect(words(found.text)).not.toContain('LSASS')
  expect(words(nothing.text)).toContain('No query fits')
})

test('what was typed comes back with what is wrong, hostile words as words', async () => {
  const answer = await staff.send('/library/new', '/library', {
    ...form,
    name: '<script>alert(1)</script>',
    query: 'DeviceInfo | wher x',
    techniques: 'phishing',
  })

  expect(answer.status).toBe(422)
  expect(answer.text).not.toContain('<script>alert(1)')
  expect(words(answer.text)).toContain('Write techniques like T1059 or T1059.001')
  const fixed = await staff.send('/library/new', '/library', {
    ...form,
    name: 'Broken',
    query: 'DeviceInfo | wher x',
  })
  expect(words(fixed.text)).toContain('The query has 3 errors, the first at line 1, column 14')
})

test('a change is a version whose difference can be read', async () => {
  const id = await givenQuery({ name: 'Changed' })

  await staff.send(`/library/${id}/edit`, `/library/${id}/changes`, {
    ...form,
    name: 'Changed twice',
    query: 'DeviceInfo | summarize by DeviceId',
    version: '1',
  })
  const late = await staff.send(`/library/${id}/edit`, `/library/${id}/changes`, { ...form, version: '1' })
  const difference = await staff.get(`/library/${id}/versions/2`)

  expect(late.status).toBe(422)
  expect(words(late.text)).toContain('Somebody else changed this query meanwhile')
  expect(words(difference.text)).toMatch(/removed: DeviceInfo \| summarize by DeviceName/)
  expect(words(difference.text)).toMatch(/added: DeviceInfo \| summarize by DeviceId/)
})

test('a query runs from its page with the parameters that were typed, or opens in the editor', async () => {
  const query = 'declare query_parameters(n: long = 3);\nDeviceInfo | summarize by DeviceName | take n'
  const id = await givenQuery({ name: 'With a parameter', query })
  const address = `/library/${id}`

  const wrong = await staff.send(address, `${address}/hunts`, { 'parameter.n': 'many', tag: '' })
  const opened = await staff.send(address, `${address}/editor`, { 'parameter.n': '7', tag: '' })
  const hunt = await staff.send(address, `${address}/hunts`, { 'parameter.n': '2', tag: '' })

  expect(wrong.status).toBe(422)
  expect(words(wrong.text)).toContain('This must be a whole number of 64 bits')
  expect(wrong.text).toContain('value="many"')
  expect(words(opened.text)).toContain('let n = long(7);')
  expect(hunt.url).toMatch(/\/hunts\/[0-9a-f-]{36}/)
  const stored = await running.database.db.hunt.findFirst({ where: { savedQueryId: id } })
  expect(stored?.query).toContain('let n = long(2);')
})

test('a query of any length opens in the editor by its id, and the hunt stays with it', async () => {
  const comments = `// ${'a long story '.repeat(1500)}\n`
  const query = `declare query_parameters(n: long = 3);\n${comments}DeviceInfo | summarize by DeviceName | take n`
  const id = await givenQuery({ name: 'A long one', query })

  const opened = await staff.send(`/library/${id}`, `/library/${id}/editor`, { 'parameter.n': '7', tag: '' })
  const typed = textOf(opened.text)
  const hunt = await staff.follow(await staff.post('/hunts', { query: typed, scope: 'all', saved: id }))
  const again = await staff.get(`/hunts?from=${hunt.url.split('/').at(-1)}`)

  expect(opened.url).toBe(`${running.url}/hunts?saved=${id}&parameter.n=7`)
  expect(typed).toContain('let n = long(7);')
  expect(typed.length).toBeGreaterThan(19_000)
  for (const { text } of [opened, hunt, again]) {
    expect(text).toContain(`<a href="/library/${id}">A long one</a>`)
  }
  const { savedQueryId } = await running.database.db.hunt.findFirstOrThrow({ orderBy: { id: 'desc' } })
  expect(savedQueryId).toBe(id)
})

test('the editor sends whoever opens a query without its values back to fill them in', async () => {
  const query =
    'declare query_parameters(host: string, n: long);\nDeviceInfo | where DeviceName == host | take n'
  const id = await givenQuery({ name: 'Needs values', query })

  const page = await staff.follow(await staff.get(`/hunts?saved=${id}`))

  expect(page.url).toBe(`${running.url}/library/${id}`)
  expect(words(page.text)).toMatch(/Fill in its values first: .*n: a value is needed/)
})

test('a hunt whose saved query is gone is read and taken up again without it', async () => {
  const id = await givenQuery({ name: 'Short-lived' })
  const hunt = await staff.send(`/library/${id}`, `/library/${id}/hunts`, { tag: '' })
  await staff.send(`/library/${id}`, `/library/${id}/removal`)

  const page = await staff.get(hunt.url)
  const again = await staff.get(`/hunts?from=${hunt.url.split('/').at(-1)}`)
  const kept = await staff.follow(await staff.post('/hunts', { query: form.query, scope: 'all', saved: id }))

  expect(words(hunt.text)).toContain('From the library: Short-lived')
  for (const { status, text } of [page, again, kept]) {
    expect(status).toBe(200)
    expect(text).not.toContain(`/library/${id}`)
  }
})

test('a schedule is made, run, muted and removed through its pages', async () => {
  const queryId = await givenQuery({ name: 'Scheduled' })
  const schedule = {
    name: 'Each morning',
    queryId,
    queryVersion: '',
    cron: '0 6 * * 1-5',
    timeZone: 'Europe/Berlin',
    scope: 'all',
    timespan: '',
    keyColumns: 'DeviceName',
    forgetAfterDays: '90',
    enabled: 'true',
  }
  const page = `/schedules/new?query=${queryId}`

  const wrong = await staff.send(page, '/schedules', { ...schedule, cron: 'never', keyColumns: 'Colour' })
  const made = await staff.send(page, '/schedules', schedule)
  const address = /\/schedules\/[0-9a-f-]{36}/.exec(made.url)?.[0] ?? ''
  const run = await staff.send(address, `${address}/runs`, {})
  await expect.poll(async () => words((await staff.partial(run.url)).text)).toContain('New rows')
  const tenantId = /<option value="([0-9a-f-]{36})"/.exec((await staff.get(address)).text)?.[1] ?? ''
  const badMute = await staff.send(address, `${address}/mutes`, {
    tenantId,
    reason: '',
    endsOn: '2020-01-01',
  })
  const endsOn = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10)
  const muted = await staff.send(address, `${address}/mutes`, { tenantId, reason: 'Exercise', endsOn })
  const bell = await staff.get('/notifications')
  const removed = await staff.send(address, `${address}/removal`, {})

  expect(wrong.status).toBe(422)
  expect(words(wrong.text)).toContain('This is no cron expression of five fields')
  expect(words(wrong.text)).toContain('The query has no column Colour')
  expect(words(made.text)).toContain('0 6 * * 1-5')
  expect(words(made.text)).toMatch(/Next runs, in Europe\/Berlin: .* at 06:00/)
  expect(badMute.status).toBe(422)
  expect(words(badMute.text)).toContain('Choose an end that is still to come')
  expect(words(muted.text)).toContain('Exercise')
  expect(words(bell.text)).toMatch(/Each morning: \d+ new rows? in 1 tenant/)
  expect(words(removed.text)).toContain('The schedule is removed.')
})

test('queries are imported from pasted files, with what was refused and why, and downloaded again', async () => {
  const id = '5f2c1a34-0000-4000-8000-00000000beef'
  const good = `id: ${id}\nname: <b>Imported</b>\ndescription: What it finds.\ntactics: [Execution]\nquery: DeviceInfo | take 5\n`
  const bad = 'name: No id\nquery: DeviceInfo\n'
  const text = `--- # file: one.yaml\n${good}--- # file: folder/two.yaml\n${bad}`

  const result = await staff.send('/library/import', '/library/imports', { text })
  const again = await staff.send('/library/import', '/library/imports', { text: good })
  const nothing = await staff.send('/library/import', '/library/imports', { text: '' })
  const file = await staff.get(`/library/${id}/file`)
  const reader = await signedIn(running, 'reader@partner.example')
  const refused = await reader.send('/library', '/library/imports', { text })

  expect(words(result.text)).toContain('2 queries read, 1 refused')
  expect(words(result.text)).toMatch(/one.yaml Added .*two.yaml Refused .*Write a GUID that stays/)
  expect(result.text).not.toContain('<b>Imported')
  expect(result.text).toContain(`href="/library/${id}"`)
  expect(words(again.text)).toContain('Pasted text Unchanged')
  expect(words(nothing.text)).toContain('Nothing to import')
  expect(file.text).toContain(`id: ${id}\nname: <b>Imported</b>\n`)
  expect(refused.status).toBe(403)
})

test('the count beside Notifications goes when they are marked as seen', async () => {
  const { db } = running.database
  await db.notification.create({ data: { kind: 'findings', title: 'Watch: 1 new row', href: '/schedules' } })
  const before = await staff.get('/notifications')

  const after = await staff.send('/notifications', '/notifications/seen', {})

  expect(before.text).toContain('side-nav__count')
  expect(after.text).not.toContain('side-nav__count')
})

test('a webhook shows its secret when it is made and when it is asked for, and never else', async () => {
  const list = '/settings/webhooks'
  const fields = { name: 'Tickets', url: 'https://hooks.partner-tools.com/x', format: 'slack', tags: '' }

  const refused = await staff.send(list, list, { ...fields, url: 'http://hooks.partner-tools.com/x' })
  const made = await staff.send(list, list, fields)
  const secret = /whsec_[A-Za-z0-9+/=]+/.exec(made.text)?.[0] ?? 'none'
  const address = /\/settings\/webhooks\/[0-9a-f-]{36}/.exec(made.text)?.[0] ?? ''
  const later = await staff.get(address)
  const again = await staff.send(address, `${address}/secret`, {})

  expect(refused.status).toBe(422)
  expect(words(refused.text)).toContain('Use https')
  expect(made.status).toBe(201)
  expect(later.text).not.toContain('whsec_')
  expect(again.text).toContain(secret)
  const events = await running.services.audit.list(
    { ...actor, tenants: 'all' },
    { action: 'webhook.secret-shown' },
  )
  expect(events.items).toHaveLength(1)
})

test('readers look and change nothing', async () => {
  const reader = await signedIn(running, 'reader@partner.example')

  const page = await reader.get('/library')
  const made = await reader.send('/library', '/library', form)

  expect(words(page.text)).not.toContain('Save a query')
  expect(made.status).toBe(403)
  expect((await reader.get('/settings/webhooks')).status).toBe(403)
})

/** What stands in the editor. */
function textOf(page: string): string {
  const [, text = ''] = /<textarea.*?query-hint"[^>]*>\n?([^<]*)</s.exec(page) ?? []
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

const actor = {
  kind: 'staff',
  id: 'b7a9a1de-0000-4000-8000-000000000001',
  label: 'admin@partner.example',
  role: 'admin',
} as const
