import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { expectAccessible, openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'
import { customersOf } from '../helpers/customers.ts'

const tenants = 6

let running: RunningApp
let browser: TestBrowser

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ tenants: 30 }), openBrowser()])
  const customers = customersOf(running)
  for (let index = 0; index < tenants; index++) await customers.connected()
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

async function openEditor(page: Page, query = ''): Promise<void> {
  await page.goto(`${running.url}/hunts${query ? `?query=${encodeURIComponent(query)}` : ''}`)
  await page.locator('[data-query-editor-ready]').waitFor()
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator('.monaco-editor').first().click()
  await page.keyboard.type(text)
}

test('a mistake is marked while one types, the list leads to it, and a column completes itself', async () => {
  const page = await browser.person()
  await signIn(page, running.url, 'analyst@partner.example')
  await openEditor(page)

  await type(page, 'DeviceInfo | whre OSPlatform')
  await page.locator('.query-editor__mark--error').first().waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Line 1, column 14' }).click()
  const selected = page.locator('.monaco-editor .selected-text')
  await selected.first().waitFor()
  await expectAccessible(page)

  await page.keyboard.press('Control+A')
  await page.keyboard.type('DeviceInfo | where OSPlat')
  await page.locator('.suggest-widget.visible').getByText('OSPlatform', { exact: true }).first().waitFor()
  await page.keyboard.press('Tab')
  await expect.poll(() => page.locator('#query').inputValue()).toContain('DeviceInfo | where OSPlatform')
  await page.getByText('Ready to run').or(page.getByText('cannot run yet')).waitFor()
})

test('a pipe that is typed after a completed table takes the place of the one that came with it', async () => {
  const page = await browser.person()
  await signIn(page, running.url, 'analyst@partner.example')
  await openEditor(page)
  const query = () => page.locator('#query').inputValue()

  await type(page, 'DeviceProcessEv')
  await page.locator('.suggest-widget.visible').getByText('DeviceProcessEvents').first().waitFor()
  await page.keyboard.press('Enter')
  await expect.poll(query).toMatch(/DeviceProcessEvents\s*\|\s*$/)
  await page.keyboard.press('Escape')
  await page.keyboard.type('| take 5')

  await expect.poll(query).toMatch(/^DeviceProcessEvents\s*\| take 5$/)
})

test('one query goes to every tenant, is watched, grouped, drawn and taken away', async () => {
  const page = await browser.person()
  running.simulator.control.setLatency({ ms: 400 })
  await signIn(page, running.url, 'analyst@partner.example')
  await openEditor(page, 'DeviceInfo\n| project Timestamp, DeviceName, OSPlatform')
  await page.getByText(`${tenants} tenants chosen`).waitFor()

  await page.locator('.monaco-editor').first().click()
  await page.keyboard.press('Control+Enter')
  await page.waitForURL(/\/hunts\/[0-9a-f-]{36}$/)
  await page.getByText('Tenants done').waitFor()
  await expectAccessible(page)
  await page.getByText('Complete: every tenant answered').waitFor()
  running.simulator.control.setLatency({ ms: 0 })
  await page.getByRole('region', { name: 'Rows' }).waitFor()
  await expectAccessible(page)

  await page.getByRole('link', { name: 'group by OSPlatform' }).click()
  await page.getByRole('region', { name: 'Groups' }).waitFor()
  expect(await page.getByText('rarest first').count()).toBe(1)
  await expectAccessible(page)

  await page.getByRole('link', { name: 'Chart' }).click()
  await page.getByLabel('Draw', { exact: true }).selectOption('OSPlatform')
  await page.getByLabel('Against').selectOption('TenantName')
  await page.getByRole('button', { name: 'Draw' }).click()
  await page.getByRole('img', { name: /Rows by OSPlatform/ }).waitFor()
  await expectAccessible(page)

  await page.getByRole('link', { name: 'Tenants 6' }).click()
  expect(await page.getByRole('row').count()).toBe(tenants + 1)
  await page.locator('summary', { hasText: 'Export' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSV', exact: true }).click()
  const csv = await readFile(await (await download).path(), 'utf8')
  expect(csv.split('\r\n')[0]).toBe('TenantId,TenantName,Timestamp,DeviceName,OSPlatform')
})

test('a running hunt is left, found again in the list, and canceled', async () => {
  const page = await browser.person({ width: 390 })
  running.simulator.control.addFault({ service: 'graph', kind: 'delay', delayMs: 110_000 })
  await signIn(page, running.url, 'analyst@partner.example')
  await openEditor(page, 'print Slow=1')
  await page.getByLabel('Name (optional)').fill('Slow one')
  await page.getByRole('button', { name: 'Run the hunt' }).click()
  await page.getByText('Tenants done').waitFor()

  await page.goto(`${running.url}/hunts`)
  await expectAccessible(page)
  await page.getByRole('region', { name: 'List of hunts' }).getByRole('link', { name: 'Slow one' }).click()
  await page.getByRole('button', { name: 'Cancel the hunt' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the hunt' }).click()
  await page.getByText('The hunt is canceled').waitFor()
  running.simulator.control.clearFaults()

  await expectAccessible(page)
  expect(
    await page.getByText('6 tenants not asked').or(page.getByText('not asked or not waited for')).count(),
  ).toBeGreaterThan(0)
})

test('without a script the hunt is written, run and read all the same', async () => {
  const page = await browser.person({ javaScript: false })
  await signIn(page, running.url, 'analyst@partner.example')
  await page.goto(`${running.url}/hunts`)

  await page.getByLabel('KQL query').fill('print Plain=1')
  await page.getByRole('button', { name: 'Check' }).click()
  await page.getByText('Ready to run').waitFor()
  await page.getByRole('button', { name: 'Run the hunt' }).click()
  await page.getByText('Complete: every tenant answered').waitFor()

  expect(await page.getByRole('region', { name: 'Rows' }).getByRole('row').count()).toBe(tenants + 1)
})
