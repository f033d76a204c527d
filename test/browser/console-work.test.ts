import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import {
  expectAccessible,
  expectGoodAtEveryWidth,
  openBrowser,
  signIn,
  type TestBrowser,
} from '../helpers/browser.ts'
import { administrator, type Customers, customersOf, roles } from '../helpers/customers.ts'

let running: RunningApp
let browser: TestBrowser
let customers: Customers
let well: CustomerProfile
let lacking: CustomerProfile
let page: Page
/** Somebody whose browser runs no script. */
let plain: Page

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ tenants: 40, syncIncidents: true }), openBrowser()])
  customers = customersOf(running)
  well = await customers.connected()
  lacking = await customers.connected(['defender:Incident.Read.All', 'defender:AdvancedHunting.Read.All'])
  await running.services.tenants.change(administrator, well.tenantId, { tags: ['gold'] })
  page = await browser.person()
  await signIn(page, running.url)
  plain = await browser.person({ javaScript: false })
  await signIn(plain, running.url, 'analyst@partner.example')
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

const home = () => `${running.url}/tenants/${well.tenantId}`

async function heading(of = page): Promise<string> {
  expect(await of.getByRole('heading', { level: 1 }).count()).toBe(1)
  return (await of.getByRole('heading', { level: 1 }).textContent())?.trim() ?? ''
}

test('an incident opens with its evidence, by keyboard', async () => {
  await page.goto(`${home()}/incidents`)
  await page.getByRole('region', { name: 'Incidents' }).getByRole('link').first().focus()
  await page.keyboard.press('Enter')

  await page.getByRole('heading', { level: 2, name: /Alerts/ }).waitFor()
  await expectGoodAtEveryWidth(page)
})

test('a device is isolated with a reason, by keyboard, and the page follows', async () => {
  await page.goto(`${home()}/devices?health=active`)
  await page.getByRole('region', { name: 'Devices' }).getByRole('link').first().click()
  await page.getByRole('region', { name: 'Sign-ins' }).waitFor()
  await expectGoodAtEveryWidth(page)

  await page.getByRole('button', { name: 'Isolate', exact: true }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: /Isolate/ })
  await dialog.getByLabel('Reason').fill('case 17')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Isolate' }).press('Enter')
  await page.getByText('The action was requested.').waitFor()
  await page.locator('#isolation').getByText('Being isolated').waitFor()
  expect(await page.getByRole('button', { name: /Isolate|Release/ }).count()).toBe(0)
  await expectGoodAtEveryWidth(page)
  running.simulator.control.advanceClock(3_600_000)

  await page.locator('#isolation').getByText('Isolated', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Release from isolation' }).waitFor()
  expect(await page.getByRole('button', { name: 'Isolate', exact: true }).count()).toBe(0)
  await page.getByRole('link', { name: 'Undo' }).click()
  expect(await heading()).toContain('Release from isolation')
  await expectGoodAtEveryWidth(page)

  await page.getByLabel('Reason').fill('case 17 is closed')
  await page.getByRole('button', { name: 'Release from isolation' }).press('Enter')
  await page.getByText('The action was requested.').waitFor()
  running.simulator.control.advanceClock(3_600_000)
  await page.locator('#isolation').getByText('Not isolated').waitFor()
})

test.each([
  ['Run antivirus scan', 'Antivirus scan', 0],
  ['Collect investigation package', 'Investigation package', 1],
])('"%s" asks why and is followed to its end', async (button, action, downloads) => {
  const { tenantId } = await customers.connected([...roles.endpoint, 'endpoint:Machine.CollectForensics'])
  await page.goto(`${running.url}/tenants/${tenantId}/devices?health=active`)
  await page.getByRole('region', { name: 'Devices' }).getByRole('link').first().click()
  await page.getByRole('button', { name: button }).click()
  const dialog = page.getByRole('dialog', { name: new RegExp(button) })
  await dialog.getByRole('button', { name: button }).click()
  // Without a reason the browser keeps the question open.
  expect(await dialog.getByLabel('Reason').evaluate(field => field.matches(':invalid'))).toBe(true)
  await dialog.getByLabel('Reason').fill('case 18')
  await dialog.getByRole('button', { name: button }).click()
  await page.getByText('The action was requested.').waitFor()
  running.simulator.control.advanceClock(3_600_000)

  const row = page.getByRole('row').filter({ hasText: action }).filter({ hasText: 'case 18' })
  await row.getByText('Succeeded').waitFor()
  expect(await row.getByRole('link', { name: 'Download' }).count()).toBe(downloads)
})

test('a hunt begins on the page of a tenant, in the editor with that tenant chosen', async () => {
  await page.goto(home())
  await page.getByRole('link', { name: 'Hunt in this tenant' }).click()
  await page.locator('[data-query-editor-ready]').waitFor()
  await page
    .getByText('1 tenant chosen')
    .or(page.getByRole('checkbox', { name: well.name }))
    .first()
    .waitFor()
  await page.locator('.monaco-editor').first().click()
  await page.keyboard.type('DeviceInfo | take 3')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+Enter')
  await page.getByText('Complete: every tenant answered').waitFor()

  await expect.poll(() => page.getByRole('grid').locator('tbody tr').count()).toBe(3)
  await expectGoodAtEveryWidth(page)
})

test('the search answers while one types, and its address can be kept', async () => {
  await page.goto(`${running.url}/tenants`)
  await page.keyboard.press('/')
  await page.keyboard.type(well.name.slice(0, 12))

  await page.waitForURL(/search=/)
  await page.getByRole('link', { name: well.name }).waitFor()
  expect(await page.getByRole('link', { name: lacking.name }).count()).toBe(0)
  await page.reload()
  expect(await page.getByRole('searchbox').inputValue()).toBe(well.name.slice(0, 12))
})

test('a file becomes a list of tenants to connect, and each line its outcome', async () => {
  const { name, domain } = customers.consented()
  await page.goto(`${running.url}/connect`)
  await page.getByLabel('CSV file').setInputFiles({
    name: 'customers.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`Customer,Domain\n"${name}",${domain}\nNobody,nobody.example\n`),
  })
  await expect.poll(() => page.getByLabel('One line for each tenant').inputValue()).toContain(domain)
  await page.getByRole('button', { name: 'Connect the list' }).click()

  await page.locator('#list-words').getByText('All 2 lines are done; 1 need another look.').waitFor()
  await page.getByRole('link', { name }).waitFor()
  await expectGoodAtEveryWidth(page)
})

test('without JavaScript lists can be searched, queries run and devices acted on', async () => {
  await plain.goto(`${running.url}/tenants`)
  await plain.getByRole('searchbox').fill(well.name)
  await plain.getByRole('button', { name: 'Show' }).click()
  await plain.getByRole('link', { name: well.name }).click()
  expect(await heading(plain)).toBe(well.name)

  await plain.getByRole('link', { name: 'Hunt in this tenant' }).click()
  await plain.getByLabel('KQL query').fill('DeviceInfo | take 2')
  await plain.getByRole('button', { name: 'Run the hunt' }).click()
  const rows = plain.getByRole('region', { name: 'Rows' }).locator('tbody tr')
  await expect
    .poll(async () => {
      const again = plain.getByRole('link', { name: 'Look again' })
      if ((await again.count()) > 0) await again.click()
      return await rows.count()
    })
    .toBe(2)

  await plain.goto(`${home()}/devices`)
  await plain.getByRole('link', { name: 'Show it' }).click()
  await plain.getByLabel('Sensor').selectOption('active')
  await plain.getByRole('button', { name: 'Show' }).click()
  await plain.getByRole('region', { name: 'Devices' }).getByRole('link').last().click()
  await plain.getByRole('link', { name: 'Show it' }).first().click()
  await plain.getByRole('button', { name: 'Run antivirus scan' }).click()
  await plain.getByRole('dialog').getByLabel('Reason').fill('case 18')
  await plain.getByRole('dialog').getByRole('button', { name: 'Run antivirus scan' }).click()
  await plain.getByText('The action was requested.').waitFor()
})
