import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { expectGoodAtEveryWidth, openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'

let running: RunningApp
let browser: TestBrowser
let customers: Customers
let well: CustomerProfile
let lacking: CustomerProfile
let page: Page

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ tenants: 40 }), openBrowser()])
  customers = customersOf(running)
  well = await customers.connected()
  lacking = await customers.connected(['defender:Incident.Read.All', 'defender:AdvancedHunting.Read.All'])
  await running.services.tenants.change(administrator, well.tenantId, { tags: ['gold'] })
  page = await browser.person()
  await signIn(page, running.url)
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

const home = () => `${running.url}/tenants/${well.tenantId}`

async function heading(): Promise<string> {
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
  return (await page.getByRole('heading', { level: 1 }).textContent())?.trim() ?? ''
}

test.each([
  ['/', 'Dashboard'],
  ['/tenants', 'Tenants'],
  ['/connect', 'Connect existing tenants'],
  ['/readiness', 'Readiness'],
  ['/sightings', 'Sightings'],
  ['/sightings/ignored', 'Ignored values'],
  ['/audit', 'Audit'],
  ['/settings', 'Settings'],
  ['/settings/api-keys', 'API keys'],
  ['/settings/staff', 'Staff'],
  ['/account/sessions', 'Your sessions'],
  ['/settings/suspension', 'Suspension'],
  ['/approvals', 'Approvals'],
  ['/nowhere', 'Not found'],
])('%s can be used at every width', async (path, title) => {
  await page.goto(running.url + path)

  expect(await heading()).toBe(title)
  await expectGoodAtEveryWidth(page)
})

test.each([
  ['', null],
  ['/incidents', 'Incidents'],
  ['/devices', 'Devices'],
  ['/hunt', 'Hunts'],
  ['/events', 'Timeline'],
  ['/report', 'Report'],
  ['/activity-links', 'Activity links'],
])('the page of a tenant%s can be used at every width', async (path, tab) => {
  await page.goto(home() + path)
  await page.waitForLoadState('networkidle')

  expect(await heading()).toBe(tab === 'Report' ? `${well.name}, ${lastMonth()}` : (tab ?? well.name))
  await expectGoodAtEveryWidth(page)
})

test('the page that changes an invitation can be used at every width', async () => {
  const { invitations } = running.services
  const { id } = await invitations.create(administrator, { customerName: 'Contoso', tags: ['gold'] })

  await page.goto(`${running.url}/invitations/${id}/edit`)

  expect(await heading()).toBe('Edit invitation')
  await expectGoodAtEveryWidth(page)
})

test('tenants to choose from do not lie over each other', async () => {
  await Promise.all(Array.from({ length: 10 }, () => customers.connected()))
  await page.goto(`${home()}/hunt`)

  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 })
    const boxes = await page.locator('.picker .choice').evaluateAll(choices =>
      choices.map(choice => {
        const { top } = choice.getBoundingClientRect()
        return {
          top,
          bottom: Math.max(...[...choice.children].map(part => part.getBoundingClientRect().bottom)),
        }
      }),
    )
    expect(boxes.length).toBeGreaterThan(5)
    for (const [index, { top }] of boxes.entries())
      if (index > 0)
        expect(top, `choice ${index} at ${width} px`).toBeGreaterThanOrEqual(boxes[index - 1]?.bottom ?? 0)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
})

test('a tenant that lacks permissions can be understood at every width, and readiness leads to it', async () => {
  await page.goto(`${running.url}/readiness`)
  await page.getByRole('link', { name: /tenants: Hunt with KQL/ }).click()
  await page.getByRole('heading', { name: /Hunt with KQL: on/ }).waitFor()
  await expectGoodAtEveryWidth(page)

  await page.getByRole('link', { name: lacking.name }).click()
  await page.getByText('Connected, but something is missing').waitFor()
  await expectGoodAtEveryWidth(page)
})

function lastMonth(): string {
  const day = new Date()
  day.setUTCDate(0)
  return day.toLocaleString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })
}
