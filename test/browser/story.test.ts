import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { personWith } from '../../simulator/test/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { expectAccessible, openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'

let running: RunningApp
let browser: TestBrowser
let customers: CustomerProfile[]

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ tenants: 30, syncIncidents: true }), openBrowser()])
  customers = running.simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

/** Another customer each time, with every license and all kinds of people. */
function nextCustomer(): CustomerProfile {
  const customer = customers.shift()
  if (!customer) throw new Error('the simulator has no customer left')
  return customer
}

async function heading(page: Page): Promise<string> {
  return (await page.getByRole('heading', { level: 1 }).textContent())?.trim() ?? ''
}

/** A link as the program interface gives it. */
async function givenLink(
  customer: CustomerProfile,
  more: Record<string, unknown> = {},
): Promise<{ id: string; joinUrl: string }> {
  const response = await fetch(`${running.url}/api/v1/invitations`, {
    method: 'POST',
    headers: { ...(await running.apiKey('admin')), 'content-type': 'application/json' },
    body: JSON.stringify({ customerName: customer.name, tenant: customer.domain, ...more }),
  })
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string; joinUrl: string }
}

async function statusOf(id: string): Promise<string> {
  const headers = await running.apiKey('reader')
  const response = await fetch(`${running.url}/api/v1/invitations/${id}`, { headers })
  return ((await response.json()) as { status: string }).status
}

/** Waits for a badge. */
async function shows(page: Page, state: string): Promise<void> {
  await page.getByRole('main').locator('.badge').getByText(state, { exact: true }).first().waitFor()
}

async function expectNotConnected(customer: CustomerProfile): Promise<void> {
  const headers = await running.apiKey('reader')
  const response = await fetch(`${running.url}/api/v1/tenants/${customer.tenantId}`, { headers })
  expect(response.status).toBe(404)
}

/** Waits until the page says so. */
async function says(page: Page, words: string | RegExp): Promise<void> {
  await page.getByRole('main').getByText(words).first().waitFor()
}

/** From the link to Microsoft's question. */
async function goToMicrosoft(page: Page, joinUrl: string, username: string): Promise<void> {
  await page.goto(joinUrl)
  await page.getByRole('button', { name: 'Continue to Microsoft' }).click()
  await page.getByRole('button', { name: `Sign in as ${username}` }).click()
}

/** Accepts, and goes through the sign-in that confirms it. */
async function accept(page: Page, username: string): Promise<void> {
  await page.getByRole('button', { name: 'Accept' }).click()
  const again = page.getByRole('button', { name: `Continue as ${username}` })
  await again.or(page.getByRole('heading', { level: 1, name: /approval has arrived/ })).waitFor()
  if (await again.isVisible()) await again.click()
}

test('a customer is invited, approves, is connected, and its incidents and events can be read', async () => {
  const customer = nextCustomer()
  const admin = personWith(customer, 'Global Administrator')
  const staff = await browser.person()
  await signIn(staff, running.url)

  await staff.goto(`${running.url}/invitations`)
  await expectAccessible(staff)
  await staff.getByRole('link', { name: 'Invite the first customer' }).click()
  await expectAccessible(staff)
  await staff.getByLabel('Customer', { exact: true }).fill(customer.name)
  await staff.getByRole('textbox', { name: 'Tenant' }).fill(customer.domain)
  await staff.getByRole('button', { name: 'Make the link' }).click()
  await says(staff, `The link for ${customer.name} is ready`)
  await expectAccessible(staff)
  const joinUrl = await staff.getByLabel('Address for the customer').inputValue()
  expect(joinUrl).toMatch(new RegExp(`^${running.url}/join/[\\w-]{43}$`))
  await says(staff, 'Nobody has opened the link yet.')

  const visitor = await browser.person()
  await visitor.goto(joinUrl)
  await expectAccessible(visitor)
  expect(await heading(visitor)).toContain(customer.name)
  await says(staff, 'The customer has opened the link.')
  // A consent takes a while to spread, so the first look at the tenant comes too early.
  running.simulator.control.setPropagation({ principal: 1500, roles: 3000 })
  onTestFinished(() => running.simulator.control.setPropagation({ principal: 0, roles: 0 }))
  await goToMicrosoft(visitor, joinUrl, admin)
  await accept(visitor, admin)
  await visitor.waitForURL(`${running.url}/consent/result/approved`)
  expect(await heading(visitor)).toBe('Thank you, the approval has arrived')
  await says(visitor, /^Waiting until|^Our app is known there/)

  await says(staff, 'The approval is proven.')
  await staff.getByRole('link', { name: 'Open the tenant' }).click()
  await staff.waitForURL(`${running.url}/tenants/${customer.tenantId}`)
  await says(staff, 'The consent is being verified')
  await shows(staff, 'Connected')
  await expectAccessible(staff)
  await says(visitor, 'Everything works. The connection is complete.')
  await expectAccessible(visitor)

  const pages = staff.getByRole('navigation', { name: 'Pages of this tenant' })
  await pages.getByRole('link', { name: 'Incidents' }).click()
  const incidents = staff.getByRole('region', { name: 'Incidents' }).locator('tbody tr')
  await incidents.first().waitFor()
  expect(await incidents.count()).toBeGreaterThan(1)
  await expectAccessible(staff)

  await pages.getByRole('link', { name: 'Hunt' }).click()
  const query = 'DeviceInfo | summarize Devices = dcount(DeviceId) | extend Exact = 9007199254740993'
  await staff.getByLabel('KQL query').fill(query)
  await staff.getByLabel('KQL query').press('Control+Enter')
  const rows = staff.getByRole('region', { name: 'Rows' })
  await rows.waitFor()
  expect(await rows.locator('tbody tr').count()).toBe(1)
  expect(await rows.locator('tbody').textContent()).toContain('9007199254740993')
  await expectAccessible(staff)

  await staff.goto(`${running.url}/invitations`)
  await shows(staff, 'Verified')
  await staff.getByRole('link', { name: customer.name }).click()
  await says(staff, 'The tenant is connected.')
  await expectAccessible(staff)
}, 120_000)

test('declining tells the customer that nothing changed, and the staff why', async () => {
  const customer = nextCustomer()
  const { id, joinUrl } = await givenLink(customer)
  const visitor = await browser.person()

  await goToMicrosoft(visitor, joinUrl, personWith(customer, 'Global Administrator'))
  await visitor.getByRole('button', { name: 'Cancel' }).click()

  await visitor.waitForURL(`${running.url}/consent/result/declined`)
  expect(await heading(visitor)).toBe('Nothing was approved')
  await expectAccessible(visitor)
  expect(await statusOf(id)).toBe('declined')
  await visitor.getByRole('link', { name: 'Open the link again' }).click()
  expect(visitor.url()).toBe(joinUrl)
})

test('who may not approve is told who may, and the link stays valid', async () => {
  const customer = nextCustomer()
  const { id, joinUrl } = await givenLink(customer)
  const visitor = await browser.person({ width: 390 })

  await goToMicrosoft(visitor, joinUrl, personWith(customer, 'Application Administrator'))
  await visitor.getByRole('button', { name: /Return to the application/ }).click()

  await visitor.waitForURL(`${running.url}/consent/result/not_admin`)
  await says(visitor, /Privileged Role Administrator or Global Administrator/)
  await expectAccessible(visitor)
  await visitor.goto(joinUrl)
  await visitor.getByRole('button', { name: 'Continue to Microsoft' }).waitFor()
  expect(await statusOf(id)).toBe('failed')
})

test('approving in another organization connects nothing and says which way is right', async () => {
  const customer = nextCustomer()
  const { joinUrl } = await givenLink(customer)
  running.simulator.control.setNextConsent('wrong-tenant', customer.tenantId)
  const visitor = await browser.person()

  await goToMicrosoft(visitor, joinUrl, personWith(customer, 'Global Administrator'))
  await visitor.getByRole('button', { name: 'Accept' }).click()

  await visitor.waitForURL(`${running.url}/consent/result/wrong_tenant`)
  expect(await heading(visitor)).toBe('That was another organization')
  await expectAccessible(visitor)
})

test('an answer that comes back in another browser is not taken', async () => {
  const customer = nextCustomer()
  const admin = personWith(customer, 'Global Administrator')
  const { joinUrl } = await givenLink(customer)
  const [visitor, other] = [await browser.person(), await browser.person()]
  await visitor.goto(joinUrl)
  await visitor.getByRole('button', { name: 'Continue to Microsoft' }).click()
  await visitor.getByRole('button', { name: `Sign in as ${admin}` }).waitFor()

  await other.goto(visitor.url())
  await other.getByRole('button', { name: `Sign in as ${admin}` }).click()
  await other.getByRole('button', { name: 'Accept' }).click()

  await other.waitForURL(`${running.url}/consent/result/other_browser`)
  await expectAccessible(other)
  await expectNotConnected(customer)
})

test('a link that is withdrawn while the customer is at Microsoft connects nothing', async () => {
  const customer = nextCustomer()
  const { id, joinUrl } = await givenLink(customer)
  const staff = await browser.person()
  const visitor = await browser.person()
  await goToMicrosoft(visitor, joinUrl, personWith(customer, 'Global Administrator'))
  await signIn(staff, running.url)
  await staff.goto(`${running.url}/invitations/${id}`)

  await staff.getByRole('button', { name: 'Withdraw' }).first().click()
  await staff.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click()
  await says(staff, 'The link is withdrawn')
  await visitor.getByRole('button', { name: 'Accept' }).click()

  await visitor.waitForURL(`${running.url}/consent/result/revoked`)
  await expectAccessible(visitor)
  await expectNotConnected(customer)
  await visitor.goto(joinUrl)
  expect(await heading(visitor)).toBe('This link was withdrawn')
})

test('an expired link says so, and works again once it is extended', async () => {
  const customer = nextCustomer()
  const { id, joinUrl } = await givenLink(customer)
  await running.database.db.invitation.update({
    where: { id },
    data: { expiresAt: new Date(Date.now() - 1000) },
  })
  const visitor = await browser.person()
  const staff = await browser.person()
  await signIn(staff, running.url)

  await visitor.goto(joinUrl)
  expect(await heading(visitor)).toBe('This link has expired')
  await expectAccessible(visitor)
  await staff.goto(`${running.url}/invitations/${id}`)
  await staff.getByRole('button', { name: 'Extend' }).first().click()
  await staff.getByRole('dialog').getByLabel('Valid for').selectOption({ label: '3 days' })
  await staff.getByRole('dialog').getByRole('button', { name: 'Extend' }).click()
  await says(staff, 'The link is valid longer')

  await visitor.reload()
  await visitor.getByRole('button', { name: 'Continue to Microsoft' }).waitFor()
})

test('without JavaScript the whole way works, and the link counts once', async () => {
  const customer = nextCustomer()
  const admin = personWith(customer, 'Global Administrator')
  const { id, joinUrl } = await givenLink(customer)
  const visitor = await browser.person({ javaScript: false })

  await goToMicrosoft(visitor, joinUrl, admin)
  await accept(visitor, admin)

  await visitor.waitForURL(`${running.url}/consent/result/approved`)
  await expect.poll(() => statusOf(id)).toBe('verified')
  await visitor.reload()
  await says(visitor, 'Everything works. The connection is complete.')
  await visitor.goto(joinUrl)
  expect(await heading(visitor)).toBe('This step is already done')
})
