import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'
import { administrator, customersOf } from '../helpers/customers.ts'

let running: RunningApp
let browser: TestBrowser
let evil: Server
let evilPage = ''
let victim: Page
let device: string

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ work: false }), openBrowser()])
  evil = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(evilPage)
  })
  await new Promise<void>(done => evil.listen(0, 'localhost', done))
  const { tenantId } = await customersOf(running).connected()
  const { items } = await running.services.devices.list(administrator, tenantId, { limit: 1 })
  device = `/tenants/${tenantId}/devices/${items[0]?.deviceId}`
  victim = await browser.person()
  await signIn(victim, running.url)
})

afterAll(async () => {
  evil?.close()
  await browser?.close()
  await running?.close()
})

/** Lures the victim, signed in here, to a page on another port of the same host. @returns where they end up */
async function lure(html: string): Promise<{ status: number; sent: Record<string, string> }> {
  evilPage = `<!doctype html><title>Free</title>${html}`
  const { port } = evil.address() as AddressInfo
  const answered = victim.waitForResponse(
    answer => answer.url().startsWith(running.url) && answer.request().method() === 'POST',
  )
  await victim.goto(`http://localhost:${port}/`)
  const answer = await answered
  return { status: answer.status(), sent: await answer.request().allHeaders() }
}

const form = (path: string, fields: string, enctype = 'application/x-www-form-urlencoded') =>
  `<form method="post" action="${running.url}${path}" enctype="${enctype}">${fields}</form>
   <script>document.forms[0].submit()</script>`

async function expectNothingDone(): Promise<void> {
  expect(await running.database.db.deviceAction.count()).toBe(0)
  await victim.goto(running.url)
  expect(await victim.getByRole('heading', { level: 1 }).textContent()).toBe('Dashboard')
}

test('a form on another port of the same host isolates no device through the API', async () => {
  // A text/plain form sends name=value: this is how it becomes JSON.
  const json = `<input name='{"type":"isolate","comment":"' value='"}'>`
  for (const prefix of ['/api/v1', '/%61pi/v1', '/api%2Fv1']) {
    const { status, sent } = await lure(form(`${prefix}${device}/actions`, json, 'text/plain'))

    // Chromium does send the cookie: ports are no borders to it.
    expect(sent.cookie, prefix).toContain('tenantry=')
    expect(sent['sec-fetch-site'], prefix).toBe('same-site')
    expect([403, 404], prefix).toContain(status)
    await expectNothingDone()
  }
})

test('a form on another port of the same host isolates no device through the console', async () => {
  const fields = '<input name="type" value="isolate"><input name="comment" value="x">'

  const { status, sent } = await lure(form(`${device}/actions`, fields))

  expect(sent.cookie).toContain('tenantry=')
  expect(status).toBe(403)
  await expectNothingDone()
})

test('a script on another port of the same host isolates no device and reads nothing', async () => {
  const { port } = evil.address() as AddressInfo
  evilPage = `<!doctype html><title>Free</title><script>
    const form = new URLSearchParams({ type: 'isolate', comment: 'x' })
    const ask = (path, more) => fetch('${running.url}' + path, { credentials: 'include', ...more })
    Promise.allSettled([
      ask('${device}/actions', { method: 'POST', mode: 'no-cors', body: form }),
      ask('/api/v1/tenants'),
      ask('/tenants'),
      ask('/tenants', { mode: 'no-cors' }),
    ]).then(results => { document.title = results.map(({ status }) => status).join() })
  </script>`
  await victim.goto(`http://localhost:${port}/`)

  await expect.poll(() => victim.title()).toBe('rejected,rejected,rejected,rejected')
  await expectNothingDone()
})

test('another port of the same host can neither frame the console nor hold on to its window', async () => {
  evilPage = `<!doctype html><iframe src="${running.url}/tenants"></iframe>
    <button onclick="window.opened = window.open('${running.url}/tenants')">Open</button>`
  await victim.goto(`http://localhost:${(evil.address() as AddressInfo).port}/`)
  const framed = () => victim.frames().find(frame => frame !== victim.mainFrame())
  await expect.poll(() => framed()?.url()).toMatch(/^chrome-error:/)

  const [popup] = await Promise.all([
    // Not the opener's: the new window has none by the time it is seen.
    victim.context().waitForEvent('page'),
    victim.getByRole('button', { name: 'Open' }).click(),
  ])
  await popup.getByRole('heading', { level: 1, name: 'Tenants' }).waitFor()

  expect(await popup.evaluate(() => window.opener)).toBeNull()
  await expect.poll(() => victim.evaluate('window.opened.closed')).toBe(true)
  await popup.close()
})

test('the console’s own form tells where it comes from and is taken', async () => {
  await victim.goto(`${running.url}/notifications`)
  const asked = victim.waitForRequest(request => request.method() === 'POST')
  await victim.goto(`${running.url}${device}/actions/new?type=isolate`)
  await victim
    .getByLabel(/why|comment|reason/i)
    .first()
    .fill('Ransomware on the screen')
  await victim
    .getByRole('main')
    .getByRole('button', { name: /isolate/i })
    .click()

  const headers = await (await asked).allHeaders()
  expect(headers.origin).toBe(running.url)
  expect(headers['sec-fetch-site']).toBe('same-origin')
  await expect.poll(() => running.database.db.deviceAction.count()).toBe(1)
})
