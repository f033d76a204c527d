import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoRegistration } from '../../simulator/src/registration.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  // Consent takes as long to show as in the demo: customers who approved long ago are there all the same.
  running = await startApp({ tenants: 25, propagationMs: { principal: 60_000, roles: 60_000 } })
  staff = await signedIn(running)
})

afterAll(() => running?.close())

test('one click in an empty demo connects most customers and leaves some to be invited', async () => {
  const empty = await staff.get('/')
  const page = await staff.send('/', '/demo/customers', {})
  const address = new URL(page.url).pathname
  await expect.poll(async () => (await staff.partial(address)).text.includes('hx-trigger')).toBe(false)

  expect(words(empty.text)).toContain('Connect the demo’s customers')
  const tenants = await running.database.db.tenant.groupBy({ by: ['status'], _count: true })
  const counts = Object.fromEntries(tenants.map(({ status, _count }) => [status, _count]))
  expect(counts).toEqual({ connected: 18, degraded: 1, disconnected: 1 })
  expect(words((await staff.get('/')).text)).toContain('2 of 20 Tenants to look at')
})

test('who may not manage tenants is refused, and sees no button', async () => {
  const reader = await signedIn(running, 'reader@partner.example')

  expect(words((await reader.get('/')).text)).not.toContain('demo’s customers')
  expect((await reader.post('/demo/customers', {})).status).toBe(403)
})

test('outside the demo there is no such address', async () => {
  const live = await startApp({
    tenants: 1,
    settings: {
      TENANTRY_CLOUD: 'global',
      TENANTRY_CLIENT_ID: demoRegistration.clientId,
      TENANTRY_CLIENT_SECRET: demoRegistration.clientSecret,
      TENANTRY_PARTNER_TENANT_ID: demoRegistration.partnerTenantId,
      TENANTRY_LOGIN_URL: running.simulator.origin,
    },
  })
  try {
    const answer = await live.app.inject({ method: 'POST', url: '/demo/customers' })
    expect(answer.statusCode).toBe(404)
  } finally {
    await live.close()
  }
})
