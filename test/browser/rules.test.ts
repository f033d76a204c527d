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
import { headerOf, type MailServer, startMailServer } from '../helpers/mail-server.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'

let running: RunningApp
let browser: TestBrowser
let mail: MailServer
let receiver: Receiver

beforeAll(async () => {
  mail = await startMailServer()
  receiver = await startReceiver({ status: 200, text: 'ok' })
  running = await startApp({
    tenants: 12,
    syncIncidents: true,
    settings: { TENANTRY_SMTP_URL: mail.url.href, TENANTRY_MAIL_FROM: 'alerts@partner.example' },
  })
  await running.services.webhooks.create(systemActor, {
    name: 'Shift in Slack',
    url: receiver.url,
    format: 'slack',
    allowPrivate: true,
    limitedToTags: [],
    rulesOnly: true,
  })
  browser = await openBrowser()
  const customers = customersOf(running)
  for (let count = 0; count < 2; count++) await customers.connected()
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
  await receiver.close()
  await mail.close()
})

test('a rule is made, tried and corrected, on a wide screen and on a phone', async () => {
  const page = await browser.person()
  const look = async (width: 1280 | 390) => {
    await page.setViewportSize({ width, height: 900 })
    await expectAccessible(page)
    await page.setViewportSize({ width: 1280, height: 900 })
  }
  await signIn(page, running.url)

  await page.goto(`${running.url}/notifications`)
  await page.getByRole('link', { name: 'Rules', exact: true }).click()
  await page.getByRole('heading', { name: 'Notification rules' }).waitFor()
  await look(390)
  await page.getByRole('link', { name: 'New rule' }).click()
  await page.waitForURL(/rules\/new/)
  await page.waitForLoadState()

  const preview = page.locator('#preview-words')
  const before = await preview.textContent()
  await page.getByLabel('High', { exact: true }).uncheck()
  await expect.poll(() => preview.textContent()).not.toBe(before)
  await page.getByLabel('Words in the title').fill('zzzz')
  await expect.poll(() => preview.textContent()).toBe('Matches 0 of the incidents of the last 7 days.')
  await page.getByLabel('Words in the title').fill('')
  await page.getByLabel('High', { exact: true }).check()
  await expect.poll(() => preview.textContent()).toBe(before)
  await page.getByLabel('Chosen tenants').check()
  await page.getByRole('searchbox', { name: 'Search name' }).waitFor()
  await look(1280)
  await page.getByLabel('All tenants that I see').check()

  await page.getByLabel('Name', { exact: true }).fill('High severity')
  await page.getByLabel('By e-mail').fill('soc@partner')
  await page.getByLabel('Shift in Slack').check()
  await page.getByLabel('Send nothing in the quiet time').check()
  await page.getByLabel('Time zone').selectOption('Europe/Berlin')
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.getByText('"soc@partner" is no e-mail address').first().waitFor()
  await look(390)
  await page.getByLabel('By e-mail').fill('soc@partner.example')
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.getByText('The rule is on.').waitFor()

  await page.getByRole('button', { name: 'Send test to soc@partner.example' }).click()
  await page.getByText('soc@partner.example took the test message').waitFor()
  receiver.answer({ status: 429, headers: { 'retry-after': '30' }, text: 'rate_limited' })
  await page.getByRole('button', { name: 'Send test to Shift in Slack' }).click()
  await page.getByText('Shift in Slack did not take the test message').waitFor()
  await page.getByText('The receiver takes no more messages for now: 429 rate_limited').first().waitFor()
  await expectGoodAtEveryWidth(page)
  expect(mail.received.map(message => headerOf(message, 'Subject'))).toEqual([
    'Test of the rule High severity',
  ])

  await page.getByRole('link', { name: 'Show failed only' }).click()
  await page.getByRole('link', { name: 'Show all' }).waitFor()
  const messages = page.getByRole('region', { name: 'Table of messages' })
  expect(await messages.getByRole('row', { name: /Failed Test Shift in Slack/ }).count()).toBe(1)
  expect(await messages.getByText('Delivered').count()).toBe(0)
  await page.goto(`${running.url}/notifications/rules`)
  await page.getByRole('cell', { name: /Console \(owner\), soc@partner.example, Shift in Slack/ }).waitFor()
  await look(1280)
}, 180_000)

test('without scripts a rule can be made, too', async () => {
  const page = await browser.person({ javaScript: false })
  await signIn(page, running.url)
  await page.goto(`${running.url}/notifications/rules/new`)

  await page.getByLabel('Name', { exact: true }).fill('Plain')
  await page.getByRole('button', { name: 'Create rule' }).click()

  await page.getByText('The rule is on.').waitFor()
})
