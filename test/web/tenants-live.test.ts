import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
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

test('the page of a tenant that does not answer is sent at once, and its rows come after it', async () => {
  const { tenantId } = await customers.connected()
  running.simulator.control.addFault({ service: 'graph', tenantId, kind: 'hang' })
  running.simulator.control.addFault({ service: 'endpoint', tenantId, kind: 'hang' })
  const home = `/tenants/${tenantId}`
  const device = `${home}/devices/${'a'.repeat(40)}`

  for (const address of [`${home}/devices`, device]) {
    const page = await staff.get(address)

    expect(page.status, address).toBe(200)
    expect(page.text, address).toContain(`hx-get="${address}" hx-trigger="load"`)
    expect(page.text, address).toMatch(
      /class="[^"]*without-script[^"]*">\s*<a class="button" href="[^"]*[?;]wait=1"/,
    )
  }
  expect(running.simulator.control.requests({ tenantId })).toEqual([])
})

test('a part whose address leads nowhere is told in its place, not as a page inside the page', async () => {
  const none = await staff.partial(`/tenants/00000000-0000-4000-8000-000000000000/devices`)

  expect(none.status).toBe(404)
  expect(none.text).not.toContain('<html')
  expect(words(none.text)).toContain('Code: not_found')
})

test('a service that fails takes no page away and says what to do', async () => {
  const { tenantId } = await customers.connected()
  running.simulator.control.addFault({ service: 'graph', tenantId, kind: 'forbidden' })
  running.simulator.control.addFault({ service: 'endpoint', tenantId, kind: 'forbidden' })

  const page = await staff.get(`/tenants/${tenantId}`)
  const list = await staff.get(`/tenants/${tenantId}/devices?wait=1`)

  expect([page.status, list.status]).toEqual([200, 200])
  expect(words(list.text)).toContain('The devices cannot be read')
  expect(words(list.text)).toContain('What to do:')
})

test('what the customer has not granted is named with its remedy', async () => {
  const { tenantId } = await customers.connected(['graph:SecurityIncident.Read.All'])

  const devices = await staff.get(`/tenants/${tenantId}/devices?wait=1`)

  expect(devices.status).toBe(200)
  expect(words(devices.text)).toContain('The customer has not granted what this needs:')
  expect(words(devices.text)).toContain('The next step is the customer’s.')
})

test('the tab for hunts opens the editor with this tenant chosen, and values are shown exactly', async () => {
  const query =
    'DeviceInfo | take 1 | project Big = 9223372036854775807, Bag = parse_json(\'{"a":[1,null]}\'), Nothing = int(null), At = datetime(2026-11-21T03:14:15.9261234Z)'

  const editor = await staff.follow(await staff.get(`/tenants/${tenant.tenantId}/hunt`))
  const asked = { query, timespan: 'P7D', scope: 'chosen', tenantIds: tenant.tenantId }
  const page = await answered((await staff.send(editor.url, '/hunts', asked)).url)

  expect(new URL(editor.url).pathname).toBe('/hunts')
  expect(editor.text).toMatch(/name="scope"\s+value="chosen"\s+checked/)
  expect(editor.text).toContain(`value="${tenant.tenantId}" checked`)
  expect(page).toMatch(/>9223372036854775807\s*<\/td>/)
  expect(words(page)).toContain('{"a":[1,null]}')
  expect(page).toContain('<span class="table__null" data-null>null</span>')
  expect(page).toContain('>2026-11-21T03:14:15.9261234Z</time>')
  expect(page).toMatch(/href="\/hunts\/[0-9a-f-]{36}\/export\?format=csv/)
})

test('what a link asks the tenant stands in the editor', async () => {
  const query = 'DeviceInfo | take 5'

  const editor = await staff.follow(
    await staff.get(`/tenants/${tenant.tenantId}/hunt?timespan=P3D&query=${encodeURIComponent(query)}`),
  )

  expect(editor.text).toContain(`${query}</textarea>`)
  expect(editor.text).toMatch(/value="P3D"\s+selected/)
})

test('the page of a tenant begins with sums and folds what is granted away', async () => {
  const well = await staff.get(`/tenants/${tenant.tenantId}`)
  const lacking = await customers.connected(['graph:SecurityIncident.Read.All'])
  const page = await staff.get(`/tenants/${lacking.tenantId}`)

  expect(words(well.text)).toMatch(/\d+ High, unassigned \d+ Open incidents 4 of 4 Required permissions/)
  expect(well.text).toMatch(/<details class="more tenant-permissions" id="granted">/)
  expect(words(page.text)).toMatch(/1 of 4 Required permissions/)
  expect(page.text).toMatch(/<details class="more tenant-permissions" id="granted" open>/)
})

/** The page of a hunt once the tenant has answered. */
async function answered(url: string): Promise<string> {
  let text = ''
  await expect
    .poll(
      async () => {
        text = (await staff.get(url)).text
        return text.includes('hx-sse:connect')
      },
      { interval: 100 },
    )
    .toBe(false)
  return text
}
