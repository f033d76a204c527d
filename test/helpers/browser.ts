import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { findChromium } from '../../scripts/chromium.mjs'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real Chromium; `person()` opens a clean one for somebody else, with cookies of their own. */
export type TestBrowser = {
  person(options?: { colorScheme?: 'light' | 'dark'; width?: number; javaScript?: boolean }): Promise<Page>
  close(): Promise<void>
}

export async function openBrowser(): Promise<TestBrowser> {
  const executablePath = process.env.TENANTRY_TEST_CHROMIUM ?? findChromium()
  if (!executablePath)
    throw new Error('no Chromium on this machine: run "npm test", which installs or asks for one')
  const home = await mkdtemp(join(tmpdir(), 'tenantry-chromium-'))
  const browser: Browser = await chromium.launch({
    executablePath,
    args: flags,
    env: { ...process.env, HOME: home },
  })
  const contexts: BrowserContext[] = []

  return {
    async person({ colorScheme = 'light', width = 1280, javaScript = true } = {}) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 900 },
        javaScriptEnabled: javaScript,
        reducedMotion: 'reduce',
        timezoneId: 'Europe/Berlin',
        locale: 'en-GB',
      })
      contexts.push(context)
      const page = await context.newPage()
      page.setDefaultTimeout(120_000)
      return page
    },
    async close() {
      await Promise.all(contexts.map(context => context.close()))
      await browser.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Signs staff in through the simulated Entra, as they would. */
export async function signIn(page: Page, url: string, username = 'admin@partner.example'): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByRole('button', { name: /sign in/i }).click()
  await page.getByRole('button', { name: new RegExp(username.replaceAll('.', '\\.'), 'i') }).click()
  await page.waitForURL(address => address.origin === url)
}

/** No violation that axe finds, in light and in dark, and nothing wider than the window. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await analyze(page)
    const found = violations.map(
      ({ id, nodes }) => `${colorScheme}: ${id} ${nodes.map(node => node.html).join(' | ')}`,
    )
    expect(found, page.url()).toEqual([])
  }
  await page.emulateMedia({ colorScheme: null })
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(overflow, `${page.url()} is wider than the window`).toBeLessThanOrEqual(0)
}

/** Axe throws when the page is replaced while it looks: then it looks at the page that came. */
async function analyze(page: Page) {
  await page.waitForLoadState()
  try {
    return await new AxeBuilder({ page }).analyze()
  } catch {
    await page.waitForLoadState('networkidle')
    return await new AxeBuilder({ page }).analyze()
  }
}

/** The same at the width of a desk and of a phone. */
export async function expectGoodAtEveryWidth(page: Page): Promise<void> {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await expectAccessible(page)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}
