import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage } from './browser.ts'
import { type CatalogueServer, startCatalogue } from './catalogue-server.ts'

const phone = { width: 390, height: 844 }

let server: CatalogueServer
let browser: Browser

beforeAll(async () => {
  server = await startCatalogue()
  browser = await launchBrowser()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

const open = (options: BrowserContextOptions = {}) => openPage(browser, `${server.origin}/catalogue`, options)

test('without a script the phone’s menu opens and closes', async () => {
  const { page, close } = await open({ viewport: phone, javaScriptEnabled: false })
  const link = page.locator('.side-nav').getByText('Incidents')
  expect(await link.isVisible()).toBe(false)

  await page.getByRole('button', { name: 'Menu', exact: true }).click()
  await link.waitFor({ state: 'visible' })
  await page.getByRole('button', { name: 'Close the menu' }).click()

  await link.waitFor({ state: 'hidden' })
  await close()
}, 30_000)

test('without a script a question is asked before something is posted', async () => {
  const { page, close } = await open({ javaScriptEnabled: false })
  const dialog = page.locator('#confirm-withdraw')
  expect(await dialog.isVisible()).toBe(false)

  await page.getByRole('button', { name: 'Withdraw…' }).click()

  await dialog.getByRole('button', { name: 'Withdraw' }).waitFor()
  await close()
}, 30_000)

test('without a script no button promises to copy', async () => {
  const { page, close } = await open({ javaScriptEnabled: false })

  expect(await page.locator('[data-copy]:visible').count()).toBe(0)
  await close()
}, 30_000)

test('the keyboard goes to a page, to the search and to the list of shortcuts', async () => {
  const { page, close } = await open()

  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('/')
  expect(await page.evaluate('document.activeElement.id')).toBe('search')
  await page.keyboard.press('?')
  expect(await page.locator('#keyboard-help').isVisible()).toBe(false)
  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('?')
  await page.getByText('Go to Incidents').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('i')

  await page.waitForURL('**/incidents')
  await close()
}, 30_000)

test('a chosen theme stays', async () => {
  const { page, close } = await open({ colorScheme: 'light' })
  const toggle = page.locator('[data-theme-toggle]')

  await toggle.click()
  await toggle.click()
  await page.reload()

  expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
  expect(await toggle.textContent()).toContain('Theme: dark')
  await close()
}, 30_000)

test('pointing at a time tells it in the reader’s own zone', async () => {
  const { page, close } = await open({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' })
  const time = page.locator('.timeline time').first()

  await time.hover()

  expect(await time.getAttribute('title')).toContain('23 Nov 2026, 00:01:00')
  await close()
}, 30_000)

test('a copy button copies and says so', async () => {
  const { page, close } = await open({ permissions: ['clipboard-read', 'clipboard-write'] })

  await page.getByRole('button', { name: 'Copy invitation link' }).click()

  await page.locator('.toast', { hasText: 'Copied' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(
    /^https:\/\/console\.partner\.example\/join\//,
  )
  await close()
}, 30_000)

test('a form that asks first is sent only after a yes', async () => {
  const { page, close } = await open()
  const posts: string[] = []
  page.on('request', request => request.method() === 'POST' && posts.push(request.postData() ?? ''))
  const button = page.locator('main').getByRole('button', { name: 'Run again' })

  await button.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  expect(posts).toEqual([])
  await button.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click()

  await expect.poll(() => posts).toEqual(['_csrf=a-token-of-the-form'])
  await close()
}, 30_000)

test('Ctrl+Enter in a query sends its form', async () => {
  const { page, close } = await open()
  await page.locator('#query').fill('DeviceInfo')

  const [request] = await Promise.all([
    page.waitForRequest(each => each.method() === 'POST'),
    page.locator('#query').press('Control+Enter'),
  ])

  expect(request.postData()).toContain('query=DeviceInfo')
  await close()
}, 30_000)

test('an update is read out once, also when the part that said it was replaced', async () => {
  const { page, close } = await open()
  const replace = (words: string) =>
    page.evaluate(text => {
      const main = document.getElementById('main')
      const old = document.getElementById('hunt-state')
      const next = document.createElement('p')
      next.id = 'hunt-state'
      next.dataset.announce = ''
      next.textContent = text
      if (old) old.replaceWith(next)
      else main?.append(next)
    }, words)
  const announcer = page.locator('#announcer')

  await replace('3 of 10 tenants answered')
  await expect.poll(() => announcer.textContent()).toBe('3 of 10 tenants answered')
  await replace('10 of 10 tenants answered')

  await expect.poll(() => announcer.textContent()).toBe('10 of 10 tenants answered')
  await close()
}, 30_000)

test('the skip link comes first and leads to the content', async () => {
  const { page, close } = await open()
  await page.evaluate('document.activeElement.blur()')
  await page.goto(`${server.origin}/error`)

  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
  await page.keyboard.press('Enter')

  expect(await page.evaluate('document.activeElement.id')).toBe('main')
  await close()
}, 30_000)
