import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemActor } from '../../src/tenants/actor.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import {
  expectAccessible,
  expectGoodAtEveryWidth,
  openBrowser,
  signIn,
  type TestBrowser,
} from '../helpers/browser.ts'
import { customersOf } from '../helpers/customers.ts'
import { draftFor } from '../hunting/schedules/stage.ts'

let running: RunningApp
let browser: TestBrowser
/** A connected tenant, whose consent is revoked at the end. */
let lost: string

beforeAll(async () => {
  running = await startApp({ tenants: 15 })
  browser = await openBrowser()
  const customers = customersOf(running)
  for (let count = 0; count < 3; count++) lost = (await customers.connected()).tenantId
})

afterAll(async () => {
  await browser.close()
  await running.close()
})

test('a query of the library is scheduled, run and muted, on a wide screen and on a phone', async () => {
  const page = await browser.person()
  const look = async (width: 1280 | 390) => {
    await page.setViewportSize({ width, height: 900 })
    await expectAccessible(page)
    await page.setViewportSize({ width: 1280, height: 900 })
  }
  await signIn(page, running.url)

  await page.goto(`${running.url}/library?search=T1059`)
  await look(390)
  await page.getByRole('link', { name: 'Office programs that start a script interpreter' }).click()
  await look(1280)

  await page.getByRole('link', { name: 'Schedule it' }).click()
  // What is typed before the page's scripts are there is not looked at as it is typed.
  await page.waitForURL(/schedules\/new/)
  await page.waitForLoadState()
  await page.getByLabel('How often').selectOption({ label: 'By a cron expression' })
  await page.getByLabel('Cron expression').fill('* * * * *')
  await page.getByText('more often than every 5 minutes').waitFor()
  await page.getByLabel('Cron expression').fill('0 6 * * 1-5')
  await page.getByLabel('Time zone').selectOption('Europe/Berlin')
  await page.getByText('Next runs, in Europe/Berlin:').waitFor()
  await page.getByLabel('Only take note').uncheck()
  await page.getByLabel('Columns that tell').fill('Colour')
  await look(390)
  await page.getByRole('button', { name: 'Make the schedule' }).click()
  await page.getByText('The query has no column Colour').first().waitFor()
  await page.getByLabel('Columns that tell').fill('DeviceId, ProcessCommandLine')
  await page.getByRole('button', { name: 'Make the schedule' }).click()

  await page.getByRole('button', { name: 'Run it now' }).click()
  await page.getByRole('heading', { name: 'New rows' }).waitFor()
  await look(1280)
  expect(await page.getByRole('region', { name: 'Table of tenants' }).getByRole('row').count()).toBe(4)

  await page.goto(`${running.url}/schedules`)
  await look(390)
  await page.getByRole('link', { name: 'Office programs that start a script interpreter' }).first().click()
  await page.getByText('Mute a tenant').click()
  await page.getByLabel('Why?').fill('Red team exercise')
  await page
    .getByLabel('Until the end of')
    .fill(new Date(Date.now() + 864_000_000).toISOString().slice(0, 10))
  await page.getByRole('button', { name: 'Mute the tenant' }).click()
  await page.getByRole('cell', { name: 'Red team exercise' }).waitFor()
  await look(1280)
  await page.goto(`${running.url}/notifications`)
  await look(390)
}, 180_000)

test('a tenant that is lost and comes back stands among the notifications and on the dashboard', async () => {
  const { simulator } = running
  const { verification } = running.services
  simulator.control.revokeConsent(lost)
  await verification.checkTenant(lost)
  const page = await browser.person()
  await signIn(page, running.url)
  await page.getByRole('link', { name: / is disconnected: / }).waitFor()

  simulator.control.grantConsent(lost)
  await verification.checkTenant(lost)
  await page.goto(`${running.url}/notifications`)

  await page.getByRole('row', { name: /is connected again Connected again New/ }).waitFor()
  await page.getByRole('row', { name: /is disconnected: .* Disconnected New/ }).waitFor()
  await expectGoodAtEveryWidth(page)
  await page.getByRole('link', { name: / is connected again/ }).click()
  await page.waitForURL(`${running.url}/tenants/${lost}`)
})

test('a schedule whose key was revoked says so, and an administrator takes it over', async () => {
  const { apiKeys, library, schedules } = running.services
  const { key, view } = await apiKeys.create(systemActor, { name: 'old script', role: 'analyst' })
  const script = await apiKeys.actorOf(key, { address: '127.0.0.1', requestId: null })
  const query = await library.lookUp(script, 'office-starts-interpreter')
  const { id } = await schedules.create(script, { ...draftFor(query.id), name: 'Left behind' })
  await apiKeys.revoke(systemActor, view.id)
  const page = await browser.person()
  await signIn(page, running.url)

  await page.goto(`${running.url}/schedules`)
  await page.getByRole('row', { name: /Left behind.*Owner gone/ }).waitFor()
  await page.goto(`${running.url}/schedules/${id}`)
  await page.getByText('Its owner, the API key "old script", was revoked').waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Take it over' }).click()

  await page.getByText('The schedule is yours: it sees what you see.').waitFor()
  await page.getByRole('button', { name: 'Run it now' }).waitFor()
  expect(await page.getByText('It cannot run any more').count()).toBe(0)
})

test('a query of one’s own is saved and changed, and what changed is marked', async () => {
  const page = await browser.person({ javaScript: false })
  await signIn(page, running.url)

  await page.goto(`${running.url}/library/new`)
  await page.getByLabel('Name').fill('Device names')
  await page.locator('#query').fill('DeviceInfo\n| summarize by DeviceName')
  await page.getByRole('button', { name: 'Save the query' }).click()
  await page.getByRole('link', { name: 'Change', exact: true }).click()
  await page.locator('#query').fill('DeviceInfo\n| summarize by DeviceId')
  await page.getByRole('button', { name: 'Save the change' }).click()
  await page.getByRole('link', { name: 'See version 2' }).click()

  expect(await page.locator('.diff__line--added').textContent()).toContain('| summarize by DeviceId')
  expect(await page.locator('.diff__line--removed').textContent()).toContain('| summarize by DeviceName')
})

test('the pages of a webhook and of its messages can be used by everybody', async () => {
  const page = await browser.person()
  await signIn(page, running.url)

  await page.goto(`${running.url}/settings/webhooks`)
  await page.getByLabel('Name').fill('Ticket system')
  await page.getByLabel('Address', { exact: true }).fill('http://127.0.0.1:9/hook')
  await page.getByRole('button', { name: 'Add the webhook' }).click()
  await page.getByText('allow that below if it is meant').first().waitFor()
  await expectAccessible(page)
  await page.getByLabel('The address lies in our own network').check()
  await page.getByRole('button', { name: 'Add the webhook' }).click()
  await page.getByRole('heading', { name: 'Secret' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Send a trial' }).click()
  await page.getByRole('link', { name: /tries the webhook/ }).click()
  await page.getByRole('heading', { name: 'Body' }).waitFor()
  await expectAccessible(page)
})
