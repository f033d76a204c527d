import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let customers: Customers
let staff: Staff
let tenant: CustomerProfile

beforeAll(async () => {
  running = await startApp({ tenants: 40 })
  customers = customersOf(running)
  staff = await signedIn(running, 'analyst@partner.example')
  tenant = await customers.connected()
})

afterAll(() => running?.close())

test('incidents are listed as Defender has them now, narrowed and opened with their evidence', async () => {
  const home = `/tenants/${tenant.tenantId}`

  const list = await staff.get(`${home}/incidents`)
  const part = await staff.partial(`${home}/incidents?status=resolved`)
  const latest = await staff.partial(`${home}/incidents/latest`)
  const [, address] = new RegExp(`href="(${home}/incidents/\\d+)"`).exec(list.text) ?? []
  const incident = await staff.get(address ?? '')

  expect(list.status).toBe(200)
  expect(part.text).not.toContain('<html')
  expect(badges(part.text).filter(word => ['Active', 'In progress'].includes(word))).toEqual([])
  expect(latest.text).toContain(`href="${address}"`)
  expect(incident.status).toBe(200)
  expect(words(incident.text)).toMatch(/Alerts \(\d+\)/)
  expect(words(incident.text)).toMatch(/Users|Devices|IP addresses|Files|Mailboxes/)
})

test('an alert leads to its incident, and one that is not there says so', async () => {
  const home = `/tenants/${tenant.tenantId}`
  const list = await staff.get(`${home}/incidents`)
  const [, incident = ''] = new RegExp(`href="(${home}/incidents/\\d+)"`).exec(list.text) ?? []
  const [, alertId = ''] = /<article class="panel" id="([^"]+)"/.exec((await staff.get(incident)).text) ?? []

  const found = await staff.get(`${home}/alerts/${alertId}`)
  const unknown = await staff.get(`${home}/alerts/da000000000000000000_1`)
  const elsewhere = await staff.get(`/tenants/00000000-0000-4000-8000-000000000000/alerts/${alertId}`)

  expect(found.location).toBe(`${running.url}${incident}#${alertId}`)
  expect([unknown.status, elsewhere.status]).toEqual([404, 404])
})

test('a service that fails takes no page away and says what to do', async () => {
  const { tenantId } = await customers.connected()
  running.simulator.control.addFault({ service: 'graph', tenantId, kind: 'forbidden' })

  const page = await staff.get(`/tenants/${tenantId}`)
  const part = await staff.partial(`/tenants/${tenantId}/incidents/latest`)
  const list = await staff.get(`/tenants/${tenantId}/incidents`)

  expect(page.status).toBe(200)
  for (const { status, text } of [part, list]) {
    expect(status).toBe(200)
    expect(words(text)).toContain('The incidents cannot be read')
    expect(words(text)).toContain('What to do:')
  }
})

test('what the customer has not granted is named with its remedy', async () => {
  const { tenantId } = await customers.connected(['endpoint:Machine.Read.All'])

  const incidents = await staff.get(`/tenants/${tenantId}/incidents`)

  expect(incidents.status).toBe(200)
  expect(words(incidents.text)).toContain(
    'The customer has not granted what this needs: graph:SecurityIncident.Read.All.',
  )
  expect(words(incidents.text)).toContain('The next step is the customer’s.')
})

test('a query runs in the one tenant and its values are shown exactly', async () => {
  const home = `/tenants/${tenant.tenantId}`
  const query =
    'DeviceInfo | take 1 | project Big = 9223372036854775807, Bag = parse_json(\'{"a":[1,null]}\'), Nothing = int(null), At = datetime(2026-11-21T03:14:15.9261234Z)'

  const sent = await staff.send(`${home}/hunt`, `${home}/hunts`, { query, timespan: 'P7D' })
  const page = await answered(sent.url)

  expect(words(page)).toContain('1 row')
  expect(page).toContain('>9223372036854775807</td>')
  expect(words(page)).toContain('{"a":[1,null]}')
  expect(page).toContain('<span class="table__null">null</span>')
  expect(page).toContain('>2026-11-21T03:14:15.9261234Z</time>')
  expect(page).toMatch(/href="\/hunts\/[0-9a-f-]{36}\/export\?format=csv"/)
})

test('a query with a mistake comes back with its place, and nobody is asked', async () => {
  const home = `/tenants/${tenant.tenantId}`
  running.simulator.control.resetRequests()
  await staff.get(`${home}/hunt`)

  const answer = await staff.post(`${home}/hunts`, { query: 'DeviceInfo\n| wher DeviceName == "x"' })

  expect(answer.status).toBe(422)
  expect(words(answer.text)).toContain('Line 2, column')
  expect(answer.text).toContain('| wher DeviceName == &quot;x&quot;')
  expect(running.simulator.control.requests({ tenantId: tenant.tenantId })).toEqual([])
})

test('a name that no documentation lists can be run after a look', async () => {
  const home = `/tenants/${tenant.tenantId}`
  await staff.get(`${home}/hunt`)

  const answer = await staff.post(`${home}/hunts`, { query: 'TableOfTheirOwn | take 1' })
  const sent = await staff.send(`${home}/hunt`, `${home}/hunts`, {
    query: 'TableOfTheirOwn | take 1',
    allowUnknownNames: 'true',
  })
  const page = await answered(sent.url)

  expect(answer.status).toBe(422)
  expect(words(answer.text)).toContain('Run it anyway')
  expect(words(page)).toContain('The tenant did not answer the query')
})

test('readers look at results but run nothing', async () => {
  const reader = await signedIn(running, 'reader@partner.example')
  const home = `/tenants/${tenant.tenantId}`

  const page = await reader.get(`${home}/hunt`)
  const refused = await reader.post(`${home}/hunts`, { query: 'DeviceInfo | take 1' })

  expect(words(page.text)).toContain('Hunting needs the role Tenantry.Analyst.')
  expect(refused.status).toBe(403)
})

/** The page of a hunt once the tenant has answered. */
async function answered(url: string): Promise<string> {
  let text = ''
  await expect
    .poll(
      async () => {
        text = (await staff.get(url)).text
        return text.includes('hx-trigger="every 1s"')
      },
      { timeout: 30_000, interval: 100 },
    )
    .toBe(false)
  return text
}

function badges(html: string): string[] {
  return [...html.matchAll(/<span class="badge[^"]*">.*?<\/svg>([^<]+)</gs)].map(([, word]) => word ?? '')
}
