import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf } from '../helpers/customers.ts'
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
  const { text } = await staff.get(`${home}?health=active`)
  return [...text.matchAll(new RegExp(`href="(${home}/[0-9a-f]{40})"`, 'g'))].map(
    ([, address]) => address ?? '',
  )
}

test('devices are listed, searched and opened', async () => {
  const list = await staff.get(home)
  const [name] = /[\w-]+\.[\w.-]+\.example/.exec(words(list.text)) ?? []
  const found = await staff.partial(`${home}?search=${name}`)
  const none = await staff.partial(`${home}?search=no-such-device`)
  const [address] = await activeDevices()
  const device = await staff.get(address ?? '')

  expect(list.status).toBe(200)
  expect(found.text).not.toContain('<html')
  expect(words(found.text)).toContain(name)
  expect(words(none.text)).toContain('No device fits')
  expect(device.status).toBe(200)
  expect(words(device.text)).toContain('Nothing has been asked of this device.')
  expect(words(device.text)).toContain('Not isolated')
})

test('an isolation asks why, is followed while it runs, and offers its undoing at the end', async () => {
  const [address] = await activeDevices()
  await staff.get(address ?? '')

  const asked = await staff.follow(
    await staff.post(`${address}/actions`, { type: 'isolate', isolation: 'full', comment: 'case 17' }),
  )
  running.simulator.control.advanceClock(3_600_000)
  let text = ''
  await expect
    .poll(
      async () => {
        text = (await staff.partial(`${address}/actions`)).text
        return text.includes('hx-trigger')
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(false)

  expect(words(asked.text)).toContain('The action is asked for.')
  expect(words(asked.text)).toContain('case 17 analyst@partner.example')
  expect(asked.text).toMatch(/id="actions"[^>]*hx-trigger="every 4s"/)
  expect(words(text)).toContain('Isolated')
  expect(text).toContain(`href="${address}/actions/new?type=release"`)
})

test('without a reason nothing is asked of the device, and what was chosen stays', async () => {
  const [, address] = await activeDevices()
  await staff.get(address ?? '')

  const answer = await staff.post(`${address}/actions`, { type: 'scan', scan: 'full', comment: '  ' })

  expect(answer.status).toBe(422)
  expect(words(answer.text)).toContain('The comment is missing.')
  expect(answer.text).toMatch(/value="full" checked/)
  expect(await running.database.db.deviceAction.count({ where: { type: 'scan' } })).toBe(0)
})

test('what the customer has not granted is said before the click', async () => {
  const [address] = await activeDevices()

  const { text } = await staff.get(address ?? '')
  const page = await staff.get(`${address}/actions/new?type=collect`)

  expect(words(text)).toContain('“Collect investigation package” needs endpoint:Machine.CollectForensics.')
  expect(text).toMatch(/<button[^>]*disabled[^>]*aria-describedby="lacking"/)
  expect(words(page.text)).toContain('The customer has not granted this')
})

test('readers look but do not act', async () => {
  const [address] = await activeDevices()

  const page = await reader.get(address ?? '')
  const refused = await reader.post(`${address}/actions`, { type: 'isolate', comment: 'case 17' })

  expect(words(page.text)).toContain('Acting on devices needs the role Tenantry.Analyst.')
  expect(page.text).not.toContain('popovertarget="ask-isolate"')
  expect(refused.status).toBe(403)
})

test('a tenant without the permission and a service that fails say so on the page', async () => {
  const without = await customers.connected(['graph:SecurityIncident.Read.All'])
  const failing = await customers.connected()
  running.simulator.control.addFault({ service: 'endpoint', tenantId: failing.tenantId, kind: 'forbidden' })

  const lacking = await staff.get(`/tenants/${without.tenantId}/devices`)
  const broken = await staff.get(`/tenants/${failing.tenantId}/devices`)

  expect(lacking.status).toBe(200)
  expect(words(lacking.text)).toContain('Machine.Read.All')
  expect(broken.status).toBe(200)
  expect(words(broken.text)).toContain('The devices cannot be read')
})
