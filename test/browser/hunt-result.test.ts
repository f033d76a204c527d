import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { expectAccessible, openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'
import { administrator, customersOf } from '../helpers/customers.ts'
import { ended } from '../hunting/hunts/stage.ts'

let running: RunningApp
let browser: TestBrowser

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ tenants: 12 }), openBrowser()])
  const customers = customersOf(running)
  for (let index = 0; index < 3; index++) await customers.connected()
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

/** The path of a hunt that is over. */
async function hunted(query: string): Promise<string> {
  const { id } = await running.services.hunts.create(administrator, { query, tenants: 'all' })
  await ended(running.services.hunts, id, administrator)
  return `/hunts/${id}`
}

async function open(path: string): Promise<Page> {
  const page = await browser.person()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await signIn(page, running.url, 'analyst@partner.example')
  await page.goto(running.url + path)
  return page
}

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

test('a row leads to its tenant, its device by id and by name, and the incident of its alert', async () => {
  const [tenant] = running.simulator.world.customers().filter(({ licenses }) => licenses.length === 6)
  const evidence = 'AlertEvidence | where isnotempty(DeviceId)'
  const byId = await hunted(`${evidence} | project AlertId, DeviceId | take 1`)
  const byName = await hunted(`${evidence} | project DeviceName | take 1`)
  const page = await open(byId)
  const heading = page.getByRole('heading', { level: 1 })
  const rows = page.getByRole('grid')

  const follow = async (from: string, column: number, to: RegExp) => {
    await page.goto(running.url + from)
    const link = rows.locator('tbody tr').first().locator('td').nth(column).getByRole('link')
    const name = (await link.textContent()) ?? ''
    await link.click()
    await page.waitForURL(to)
    return name
  }

  await follow(byId, 3, /\/tenants\/[0-9a-f-]{36}$/)
  const tenantName = await follow(byId, 0, /\/tenants\/[0-9a-f-]{36}$/)
  expect(await heading.textContent()).toBe(tenantName)
  expect(tenantName).toBe(tenant?.name)

  const alertId = await follow(byId, 1, /\/incidents\/[0-9a-f-]{36}(:|%3A)\d+#/)
  await page.locator(`li[id="${alertId}"] .story__line`).waitFor()
  const incident = /\d+$/.exec(new URL(page.url()).pathname)?.[0] ?? ''

  await follow(byId, 2, /\/devices\/[0-9a-f]{40}$/)
  await page.getByRole('region', { name: 'Details' }).waitFor()
  const deviceName = await follow(byName, 1, /\/devices\?search=/)
  await page.getByRole('link', { name: deviceName }).first().waitFor()

  const ofIncident = await hunted(`print IncidentId=${incident}`)
  await follow(ofIncident, 1, new RegExp(`/incidents/[0-9a-f-]{36}(:|%3A)${incident}$`))
})

test('cells and rows are copied and filtered by, with the keyboard alone', async () => {
  const long = 'x'.repeat(600)
  const path = await hunted(
    `range N from 1 to 4 step 1 | extend Kind=iff(N > 2, " odd ", ""), Long="${long}", Nothing=int(null) | project Long, Kind, N, Nothing`,
  )
  const page = await open(path)
  const announced = page.locator('#announcer')
  const bar = page.getByRole('group', { name: 'The chosen cell' })

  await page.getByRole('region', { name: 'Rows' }).focus()
  await page.keyboard.press('Tab')
  while (!(await page.locator('[data-chosen]').count())) await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Control+c')
  await expect.poll(() => announced.textContent()).toBe('Cell copied')
  expect(await clipboard(page)).toBe(long)

  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('PageDown')
  await page.keyboard.press('Control+c')
  await expect.poll(() => clipboard(page)).toBe(' odd ')
  await expectAccessible(page)

  await bar.getByRole('button', { name: 'Copy row' }).press('Enter')
  await expect.poll(() => announced.textContent()).toBe('Row copied as JSON')
  expect(JSON.parse(await clipboard(page))).toMatchObject({ Long: long, Kind: ' odd ', N: 3, Nothing: null })

  await bar.getByRole('link', { name: 'Without these' }).press('Enter')
  // Loaded with its scripts, which do the copying.
  await page.waitForURL(/notEquals/)
  await page.getByText('Rows 1 to 6 of 6').waitFor()
  await page.getByRole('button', { name: 'Copy link' }).press('Enter')
  await expect.poll(() => clipboard(page)).toBe(page.url())
  expect(new URL(page.url()).searchParams.get('f.Kind')).toBe('notEquals: odd ')

  await page.goto(`${running.url}${path}?view=groups&group=Kind`)
  await page
    .getByRole('grid')
    .getByRole('cell', { name: 'odd' })
    .or(page.getByRole('gridcell', { name: 'odd' }))
    .first()
    .click()
  await bar.getByRole('button', { name: 'Copy cell' }).click()
  await expect.poll(() => clipboard(page)).toBe(' odd ')
  await expectAccessible(page)
})

test('without a script a saved query opens in the editor, runs and is named on its hunt', async () => {
  const page = await browser.person({ javaScript: false })
  await signIn(page, running.url, 'analyst@partner.example')
  await page.goto(`${running.url}/library?search=LSASS`)
  const name = 'The memory of LSASS written to a file'
  await page.getByRole('link', { name }).first().click()

  await page.getByRole('button', { name: 'Open in the editor' }).click()
  await page.getByRole('link', { name }).waitFor()
  expect(await page.getByLabel('Keep with the saved query').isChecked()).toBe(true)
  await page.getByRole('button', { name: 'Run the hunt' }).click()
  await page.getByText('Complete: every tenant answered').waitFor()

  expect(await page.getByText(`From the library: ${name}`).count()).toBe(1)
  await page.getByRole('link', { name }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
})
