import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeIncidents } from '../../src/incidents/write-store.ts'
import type { SyncedIncident } from '../../src/microsoft/defender/index.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { anAlert, anIncident, someEvidence } from '../incidents/given-incidents.ts'
import { admin, givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let staff: Staff
let north: string
let south: string

const hash = 'a'.repeat(64)
const hostile = `"'><img src=x onerror=alert(1)><script>alert(1)</script>`

/** An incident whose every text is an attack, as the customer's own people can write most of them. */
function hostileIncident(): SyncedIncident {
  const evidence = [
    { '@odata.type': '#microsoft.graph.security.deviceEvidence', deviceDnsName: hostile, roles: [hostile] },
    {
      '@odata.type': '#microsoft.graph.security.fileEvidence',
      fileDetails: { fileName: hostile, filePath: hostile },
    },
    { '@odata.type': '#microsoft.graph.security.processEvidence', processCommandLine: hostile },
    { '@odata.type': '#microsoft.graph.security.urlEvidence', url: `javascript:alert(1)//${hostile}` },
    { '@odata.type': '#microsoft.graph.security.userEvidence', userAccount: { accountName: hostile } },
  ]
  const alert = anAlert(hostile, {
    title: hostile,
    serviceSource: hostile,
    categories: [hostile],
    mitreTechniques: [hostile],
    evidence: [
      someEvidence('device', hostile),
      someEvidence('user', hostile),
      someEvidence('url', `javascript:alert(1)//${hostile}`),
      someEvidence('process', hostile, { commandLine: hostile }),
    ],
  })
  const made = anIncident('4715', {
    title: hostile,
    description: hostile,
    status: 'resolved',
    severity: hostile,
    classification: hostile,
    determination: hostile,
    assignedTo: hostile,
    tags: [hostile],
    systemTags: [hostile],
    comments: [{ comment: hostile, createdBy: hostile, createdAt: '2026-11-01T08:00:00.000Z' }],
    webUrl: `javascript:alert(1)//${hostile}`,
    alerts: [alert],
  })
  for (const one of made.alerts ?? [])
    Object.assign(one.raw as object, { description: hostile, recommendedActions: hostile, evidence })
  return made
}

const alerts = [
  anAlert('da1', {
    title: 'Credential dumping',
    evidence: [
      someEvidence('device', 'till-2.bakery.example'),
      someEvidence('user', '"><img src=x onerror=alert(1)>'),
      someEvidence('file', 'dump.exe', { sha256: hash }),
    ],
  }),
]

beforeAll(async () => {
  running = await startApp({ work: false })
  const { db } = running.database
  north = await givenTenant(db, { name: 'Northwind', tags: ['north'] })
  south = await givenTenant(db, { name: 'Southridge', tags: ['south'] })
  await write(north, [
    anIncident('4711', { title: 'Credential access', severity: 'high', alerts }),
    anIncident('4712', { title: 'Phishing mail', assignedTo: 'admin@partner.example', status: 'inProgress' }),
    anIncident('4713', { title: 'Old news', status: 'resolved' }),
    anIncident('4714', { title: 'Merged one', status: 'redirected', redirectTo: '4711' }),
  ])
  await write(south, [
    anIncident('4711', { title: hostile, description: hostile, tags: [hostile], alerts }),
    hostileIncident(),
  ])
  staff = await signedIn(running)
})

afterAll(() => running?.close())

async function write(tenantId: string, incidents: SyncedIncident[]): Promise<void> {
  const client = new pg.Client({ connectionString: running.database.url })
  await client.connect()
  await client.query('BEGIN')
  await writeIncidents(client, { tenantId, incidents, askedAt: new Date() })
  await client.query('COMMIT')
  await client.end()
}

/** Numbers of the incidents in the rows of a page, in their order. */
function rowsOf(html: string): string[] {
  return [...html.matchAll(/data-row="([^"]+)"/g)].map(([, id = '']) => id)
}

test('the queue shows the open incidents of every tenant, each in one row', async () => {
  const page = await staff.get('/incidents')
  const part = await staff.partial('/incidents?severity=high')

  expect(rowsOf(page.text).sort()).toEqual([`${north}:4711`, `${north}:4712`, `${south}:4711`].sort())
  expect(words(page.text)).toContain('Incidents 3')
  expect(part.text).not.toContain('<html')
  expect(rowsOf(part.text)).toEqual([`${north}:4711`])
})

test.each([
  ['status=resolved&severity=medium', ['4713']],
  ['status=all&search=credential', ['4711']],
  ['assignedTo=me', ['4712']],
  ['assignedTo=none&severity=high', ['4711']],
  ['search=phish', ['4712']],
  ['category=CredentialAccess&severity=high', ['4711']],
  ['technique=T1003&severity=high', ['4711']],
  [`entity=hash:${hash}&severity=high`, ['4711']],
  ['entity=till-2', ['4711', '4711']],
  ['age=1h', []],
  ['severity=%00&sort=nonsense&cursor=nonsense&tenant=x', []],
])('the address is the view: %s', async (query, numbers) => {
  const page = await staff.get(`/incidents?${query}`)

  expect(page.status).toBe(query.includes('cursor') ? 422 : 200)
  expect(rowsOf(page.text).map(id => id.split(':')[1])).toEqual(numbers)
})

test('each filter shows its counts, and a click on a chosen one takes it away', async () => {
  const { text } = await staff.get('/incidents?severity=high')

  expect(text).toMatch(
    /href="\/incidents\?view=all"[^>]*aria-current="true"[^>]*>\s*<span class="facet__label">High/,
  )
  expect(words(text)).toMatch(/High 1 Medium 2/)
  expect(words(text)).toContain('T1003.001 LSASS Memory')
})

test('an incident is a page, and a part for the panel beside the queue', async () => {
  const id = encodeURIComponent(`${north}:4711`)

  const page = await staff.get(`/incidents/${id}`)
  const panel = await running.app.inject({
    url: `/incidents/${id}`,
    headers: { 'x-panel': '1', cookie: cookieOf(staff) },
  })

  expect(words(page.text)).toContain('Credential dumping')
  expect(page.text).toContain('<h1 class="incident__title')
  expect(words(page.text)).toContain('1 other tenant')
  expect(page.text).toContain(`href="/incidents?entity=hash%3A${hash}&amp;status=all"`)
  expect(page.text).toContain('href="/hunts?query=')
  expect(words(page.text)).toContain('Merged into this: #4714')
  expect(panel.body).not.toContain('<html')
  expect(panel.body).toContain('<h2 class="incident__title')
  expect(panel.headers.vary).toContain('x-panel')
})

test('a change that cannot be written says why, and what to do', async () => {
  const id = encodeURIComponent(`${north}:4712`)
  const page = await staff.get(`/incidents/${id}`)
  const [, updatedAt = ''] = /name="updatedAt" value="([^"]+)"/.exec(page.text) ?? []

  const refused = await staff.post(`/incidents/${id}/changes`, { updatedAt, comment: 'noted' })

  expect(refused.status).toBeGreaterThanOrEqual(400)
  expect(words(refused.text)).toMatch(
    /Not saved The customer has not granted .+ What to do: Send .+ Code: role_missing/,
  )
})

test('text of customers is shown and never run, on every page that shows incidents', async () => {
  const id = `${south}:4715`
  const query = new URLSearchParams({
    search: hostile,
    entity: hostile,
    tag: hostile,
    assignedTo: hostile,
    incidentTag: hostile,
  })
  const every =
    'tenant,status,assignee,product,alerts,created,updated,number,category,technique,classification,tags'
  await staff.get(`/incidents?status=all&columns=${every}`)
  await staff.post('/incidents/views', { name: hostile, query: 'severity=high', isShared: 'true' })

  const pages = await Promise.all([
    ...[
      '/incidents',
      `/incidents?status=all&columns=${every}`,
      `/incidents?${query}`,
      `/incidents/${encodeURIComponent(id)}`,
      '/incidents/views',
      `/tenants/${south}/incidents`,
      `/search?q=${encodeURIComponent('script')}`,
    ].map(url => staff.get(url)),
    staff.partial(`/tenants/${south}/incidents/latest`),
    staff.partial('/incidents?status=all'),
    // Nothing answers for these tenants: each result is a refusal with the title beside it.
    staff.post('/incidents/changes', { id, comment: 'noted' }),
  ])
  const audit = await staff.get('/audit')

  for (const { text, url, status } of [...pages, audit]) {
    expect(status, url).toBe(200)
    expect(text, url).toContain('&lt;script&gt;alert(1)')
    expect(text, url).not.toContain('<script>alert')
    expect(text, url).not.toContain('<img src=x')
    expect(text, url).not.toMatch(/href="\s*javascript:/i)
  }
  await running.database.db.savedView.deleteMany()
})

test('what one may not see is not found, counted, filtered by or seen elsewhere', async () => {
  const { db } = running.database
  const reader = await signedIn(running, 'reader@partner.example')
  const member = await db.staffMember.findFirst({ where: { username: 'reader@partner.example' } })
  await running.services.members.limit(admin, member?.objectId ?? '', { tags: ['north'], ids: [] })

  const queue = await reader.get('/incidents')
  const foreign = await reader.get(`/incidents/${encodeURIComponent(`${south}:4711`)}`)
  const chosen = await reader.get(`/incidents?tenant=${south}`)
  const own = await reader.get(`/incidents/${encodeURIComponent(`${north}:4711`)}`)

  expect(rowsOf(queue.text).every(id => id.startsWith(north))).toBe(true)
  expect(words(queue.text)).not.toContain('Southridge')
  expect(foreign.status).toBe(404)
  expect(rowsOf(chosen.text)).toEqual([])
  expect(words(own.text)).not.toContain('other tenant')
  expect(own.text).not.toContain('href="/hunts?query=')
})

function cookieOf(visitor: Staff): string {
  return [...visitor.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
}
