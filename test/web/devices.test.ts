import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf, roles } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let customers: Customers
let staff: Staff
let reader: Staff
let tenant: CustomerProfile
let home: string

beforeAll(async () => {
  running = await startApp({ tenants: 40 })
  customers = customersOf(running)
  staff = await signedIn(running, 'analyst@partner.example')
  reader = await signedIn(running, 'reader@partner.example')
  tenant = await customers.connected()
  home = `/tenants/${tenant.tenantId}/devices`
})

afterAll(() => running?.close())

/** Pages of devices that are switched on. */
async function activeDevices(): Promise<string[]> {
  const { text } = await staff.partial(`${home}?health=active`)
  return [...text.matchAll(new RegExp(`href="(${home}/[0-9a-f]{40})"`, 'g'))].map(
    ([, address]) => address ?? '',
  )
}

test('devices are listed, searched and opened', async () => {
  const list = await staff.get(`${home}?wait=1`)
  const [name] = /(?<=title=")[\w-]+\.[\w.-]+\.example(?=")/.exec(list.text) ?? []
  const found = await staff.partial(`${home}?search=${name}`)
  const none = await staff.partial(`${home}?search=no-such-device`)
  const [address] = await activeDevices()
  const device = await staff.get(`${address}?wait=1`)

  expect(list.status).toBe(200)
  expect(found.text).not.toContain('<html')
  expect(found.text).toContain(`title="${name}"`)
  expect(words(none.text)).toContain('No device fits')
  expect(device.status).toBe(200)
  expect(words(device.text)).toContain('No actions yet.')
  expect(words(device.text)).toContain('Not isolated')
})

test('lists that do not end say so, instead of that nothing is there', async () => {
  const { control } = running.simulator
  const { tenantId } = await customers.connected([
    'graph:SecurityIncident.Read.All',
    ...roles.endpoint,
    'endpoint:User.Read.All',
    'endpoint:Alert.Read.All',
  ])
  const { text: list } = await staff.partial(`/tenants/${tenantId}/devices`)
  const [address = ''] = /\/tenants\/[0-9a-f-]{36}\/devices\/[0-9a-f]{40}/.exec(list) ?? []
  control.addFault({ tenantId, kind: 'empty-page', service: 'endpoint' })

  const devices = words((await staff.partial(`/tenants/${tenantId}/devices`)).text)
  const actions = words((await staff.partial(`${address}/actions`)).text)
  control.clearFaults()

  expect(devices).toContain('Incomplete: devices may be missing')
  expect(devices).not.toContain('No devices')
  expect(actions).toContain('Incomplete: actions may be missing')
  expect(actions).not.toContain('No actions yet.')
  expect(actions).not.toContain('Not isolated')
})

test('an isolation asks why, is followed while it runs, and offers its undoing at the end', async () => {
  const [address] = await activeDevices()
  await staff.get(address ?? '')

  const asked = await staff.follow(
    await staff.post(`${address}/actions`, { type: 'isolate', isolation: 'full', comment: 'case 17' }),
  )
  const device = await staff.partial(address ?? '')
  running.simulator.control.advanceClock(3_600_000)
  let text = ''
  await expect
    .poll(
      async () => {
        text = (await staff.partial(`${address}/actions?offered=scan.collect`)).text
        return text.includes('hx-trigger')
      },
      { interval: 200 },
    )
    .toBe(false)

  expect(words(asked.text)).toContain('The action was requested.')
  expect(words(device.text)).toContain('case 17 analyst@partner.example')
  expect(device.text).toMatch(/id="actions"[^>]*offered=scan\.collect"[^>]*hx-trigger="every 4s"/)
  expect(words(text)).toContain('Isolated')
  expect(text).toContain(`href="${address}/actions/new?type=release"`)
})

test('what is offered fits the state of the device, and follows it while the page is open', async () => {
  const { tenantId } = await customers.connected()
  const { control } = running.simulator
  const list = await staff.partial(`/tenants/${tenantId}/devices?health=active`)
  const [address = ''] = /\/tenants\/[0-9a-f-]{36}\/devices\/[0-9a-f]{40}/.exec(list.text) ?? []
  const offered = (html: string) => [...html.matchAll(/popovertarget="ask-(\w+)">/g)].map(([, type]) => type)
  const deviceId = address.slice(-40)

  const free = await staff.partial(address)
  await running.services.devices.request(administrator, tenantId, deviceId, {
    type: 'isolate',
    comment: 'case 17',
  })
  const isolating = await staff.partial(`${address}/actions?offered=isolate.scan.collect`)
  const unchanged = await staff.partial(`${address}/actions?offered=scan.collect`)
  control.advanceClock(3_600_000)
  const isolated = await staff.partial(`${address}/actions?offered=scan.collect`)
  control.retireApi({ surface: 'endpoint', answer: '410', tenant: tenantId })
  const retired = await staff.partial(address)

  expect(offered(free.text)).toEqual(['isolate', 'scan'])
  expect(offered(isolating.text)).toEqual(['scan'])
  expect(isolating.text).toContain('id="device-buttons" hx-swap-oob="true"')
  expect(unchanged.text).not.toContain('device-buttons')
  expect(offered(isolated.text)).toEqual(['release', 'scan'])
  expect(offered(retired.text)).toEqual([])
  expect(words(retired.text)).toContain('isolate, scan and collect in Microsoft Defender')
  expect(words(retired.text)).toContain('as of its last report')
  expect(retired.text).toMatch(/href="https:\/\/security\.microsoft\.com\/machines\/v2\/[0-9a-f]{40}\?tid=/)
})

test('where devices were read, and what is therefore missing, stands above them', async () => {
  const hunted = await customers.connected(roles.graph)
  const older = await customers.connected(roles.endpoint)
  const both = await customers.connected()
  const page = async ({ tenantId }: CustomerProfile) =>
    words((await staff.get(`/tenants/${tenantId}/devices?wait=1`)).text)
  const failing = await customers.connected()
  running.simulator.control.addFault({ service: 'endpoint', tenantId: failing.tenantId, kind: 'forbidden' })

  expect(await page(hunted)).toContain('which the customer has not granted (Machine.Read.All)')
  expect(await page(older)).toContain('which Microsoft may end on 1 Feb 2027')
  expect(await page(failing)).toContain('no answer came from Defender for Endpoint’s API')
  expect(await page(both)).not.toMatch(/Read through (advanced hunting|Defender for Endpoint)/)
  expect((await staff.get(`/tenants/${hunted.tenantId}/devices`)).text).not.toContain('name="risk"')
})

test('a device that is named by its DNS name leads to its id', async () => {
  const list = await staff.partial(home)
  const [, address = '', name = ''] =
    /href="(\/tenants\/[0-9a-f-]{36}\/devices\/[0-9a-f]{40})">\s*([\w-]+)\s*</.exec(list.text) ?? []
  const [, whole = name] = new RegExp(`title="(${name}[\\w.-]+)"`).exec(list.text) ?? []

  const page = await staff.get(`${home}/${whole}`)
  const part = await staff.partial(`${home}/${whole}`)

  expect(page.status).toBe(200)
  expect(part.headers.get('hx-redirect')).toBe(address)
})

test('without a reason nothing is asked of the device, and what was chosen stays', async () => {
  const [, address] = await activeDevices()
  await staff.get(address ?? '')

  const answer = await staff.post(`${address}/actions`, { type: 'scan', scan: 'full', comment: '  ' })

  expect(answer.status).toBe(422)
  expect(words(answer.text)).toContain('The comment is missing.')
  expect(answer.text).toMatch(/value="full"\s+checked/)
  expect(await running.database.db.deviceAction.count({ where: { type: 'scan' } })).toBe(0)
})

test('what the customer has not granted is said before the click', async () => {
  const [address] = await activeDevices()

  const { text } = await staff.partial(address ?? '')
  const page = await staff.get(`${address}/actions/new?type=collect`)

  expect(words(text)).toContain('“Collect investigation package” needs endpoint:Machine.CollectForensics.')
  expect(text).toMatch(/<button[^>]*disabled[^>]*aria-describedby="lacking"/)
  expect(words(page.text)).toContain('The customer has not granted this')
})

test('readers look but do not act', async () => {
  const [address] = await activeDevices()

  const page = await reader.partial(address ?? '')
  const refused = await reader.post(`${address}/actions`, { type: 'isolate', comment: 'case 17' })

  expect(words(page.text)).toContain('Acting on devices needs the role Tenantry.Responder')
  expect(page.text).not.toContain('popovertarget="ask-isolate"')
  expect(refused.status).toBe(403)
})

test('a tenant without the permission and a service that fails say so on the page', async () => {
  const without = await customers.connected(['graph:SecurityIncident.Read.All'])
  const failing = await customers.connected(roles.endpoint)
  running.simulator.control.addFault({ service: 'endpoint', tenantId: failing.tenantId, kind: 'forbidden' })

  const lacking = await staff.get(`/tenants/${without.tenantId}/devices?wait=1`)
  const broken = await staff.get(`/tenants/${failing.tenantId}/devices?wait=1`)

  expect(lacking.status).toBe(200)
  expect(words(lacking.text)).toContain('ThreatHunting.Read.All')
  expect(broken.status).toBe(200)
  expect(words(broken.text)).toContain('The devices cannot be read')
})
