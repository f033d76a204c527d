import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { expectAccessible, openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'

let running: RunningApp
let browser: TestBrowser

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp(), openBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

async function heading(page: Page): Promise<string> {
  return (await page.getByRole('heading', { level: 1 }).textContent()) ?? ''
}

test('an administrator signs in, lands where they wanted to go, and signs out here and at Entra', async () => {
  const page = await browser.person()
  await page.goto(`${running.url}/audit`)
  await expectAccessible(page)

  await page.getByRole('button', { name: 'Sign in with Microsoft' }).click()
  await page.getByRole('button', { name: /admin@partner\.example/ }).click()
  await page.waitForURL(`${running.url}/audit`)
  await page.goto(`${running.url}/sign-out`)
  await expectAccessible(page)
  await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out').waitFor()

  await page.goto(`${running.url}/audit`)
  expect(await heading(page)).toBe('Sign in to Tenantry')
})

test('somebody without a role is told what to ask for', async () => {
  const page = await browser.person()

  await signIn(page, running.url, 'newcomer@partner.example')

  expect(await heading(page)).toBe('You need a role to enter')
  await expectAccessible(page)
})
