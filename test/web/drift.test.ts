import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Control } from '../../simulator/src/control/control.ts'
import { requiredPermissions } from '../../simulator/src/registration.ts'
import { createServices } from '../../src/services.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn } from '../helpers/staff.ts'
import { createVisitor } from '../helpers/visitor.ts'

let running: RunningApp
let customers: Customers
let asAdmin: Api
let staff: Staff

/** What customers approve: all that the registration lists. */
const grants = requiredPermissions.map(({ surface, role }) => `${surface}:${role}`)

beforeAll(async () => {
  running = await startApp({ tenants: 60, work: false, remote: { random: () => 0 } })
  customers = customersOf(running)
  asAdmin = await apiOf(running, 'admin')
  staff = await signedIn(running)
})

afterAll(() => running?.close())

/** The tenant's page as text, entities resolved. */
async function pageOf(tenantId: string): Promise<string> {
  const { text } = await staff.get(`/tenants/${tenantId}`)
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}

type Drift = {
  what: string
  happens: (control: Control, tenantId: string) => void
  status: 'degraded' | 'disconnected'
  code: string
  /** A new consent link would cure it. */
  isCuredByConsent: boolean
  passesByItself?: boolean
}

const drifts: Drift[] = [
  {
    what: 'a revoked consent',
    happens: (control, tenantId) => control.revokeConsent(tenantId),
    status: 'disconnected',
    code: 'consent_revoked',
    isCuredByConsent: true,
  },
  {
    what: 'a deleted enterprise app',
    happens: (control, tenantId) => control.deleteEnterpriseApp(tenantId),
    status: 'disconnected',
    code: 'app_removed',
    isCuredByConsent: true,
  },
  {
    what: 'tokens of another tenant',
    happens: (control, tenantId) =>
      control.addFault({ service: 'login', tenantId, path: '/token', kind: 'bad-token', wrong: 'tenant' }),
    status: 'disconnected',
    code: 'bad_token',
    isCuredByConsent: false,
    passesByItself: true,
  },
  {
    what: 'a removed role',
    happens: (control, tenantId) => control.removeRoles(tenantId, ['graph:ThreatHunting.Read.All']),
    status: 'degraded',
    code: 'role_missing',
    isCuredByConsent: true,
  },
  {
    what: 'a disabled app',
    happens: (control, tenantId) => control.setAppEnabled(tenantId, false),
    status: 'disconnected',
    code: 'app_disabled',
    isCuredByConsent: false,
  },
  {
    what: 'a lost license',
    happens: (control, tenantId) => {
      control.setLicenses(tenantId, ['defender-xdr', 'office365'])
      control.setResource(tenantId, 'endpoint', 'present')
    },
    status: 'degraded',
    code: 'license_missing',
    isCuredByConsent: false,
  },
  {
    what: 'a product that is gone with its service',
    happens: (control, tenantId) => control.setLicenses(tenantId, ['defender-xdr', 'office365']),
    status: 'degraded',
    code: 'service_missing',
    isCuredByConsent: false,
  },
  {
    what: 'a service that is switched off',
    happens: (control, tenantId) => control.setResource(tenantId, 'endpoint', 'disabled'),
    status: 'degraded',
    code: 'service_disabled',
    isCuredByConsent: false,
  },
  {
    what: 'a deleted tenant',
    happens: (control, tenantId) => control.deleteTenant(tenantId),
    status: 'disconnected',
    code: 'tenant_not_found',
    isCuredByConsent: false,
  },
]

test.each(drifts)('$what is told by its own code, with date, cause and remedy', async drift => {
  const { tenantId } = await customers.connected(grants)
  drift.happens(running.simulator.control, tenantId)
  const before = Date.now()

  const checked = await asAdmin('POST', `/tenants/${tenantId}/verification`)
  const page = await pageOf(tenantId)

  expect(checked).toMatchObject({
    status: 200,
    body: {
      tenantId,
      status: drift.status,
      lastError: { code: drift.code, permanent: drift.passesByItself !== true },
    },
  })
  const { message, remedy, at } = checked.body.lastError
  expect(message).not.toBe('')
  expect(remedy).not.toBe('')
  expect(Date.parse(at)).toBeGreaterThanOrEqual(before - 1000)
  expect(page).toContain(`Code: <code>${drift.code}</code>`)
  expect(page).toContain(message)
  expect(page).toContain(remedy)
  expect(page).toMatch(new RegExp(`datetime="${at.slice(0, 16)}`))
  const isOffered = /button--primary"[^>]*>(?:(?!<\/button>)[\s\S])*Make a new consent link/.test(page)
  expect(isOffered).toBe(drift.isCuredByConsent)
})

test('while the app is disabled no page asks for permissions that nobody took away', async () => {
  const { tenantId } = await customers.connected(grants)
  running.simulator.control.setAppEnabled(tenantId, false)

  const { body } = await asAdmin('POST', `/tenants/${tenantId}/verification`)
  const incidents = await staff.partial(`/tenants/${tenantId}/incidents`)
  const devices = await staff.partial(`/tenants/${tenantId}/devices`)

  expect(body).toMatchObject({ status: 'disconnected', roles: { missing: [] } })
  expect(body.roles.granted.toSorted()).toEqual(grants.toSorted())
  for (const { text } of [incidents, devices]) {
    expect(text).toContain('<code>app_disabled</code>')
    expect(text).not.toContain('new consent link')
  }
  expect(await pageOf(tenantId)).not.toContain('removed:')
})

test('a failure that tells of a change is looked into at once, and shows without anybody asking', async () => {
  const services = await createServices(running.services.config, running.database.url, {
    remote: { random: () => 0 },
  })
  const { tenantId } = await customers.connected(grants)
  await services.start({ work: true })
  running.simulator.control.revokeConsent(tenantId)
  running.services.tokens.drop(tenantId)

  await asAdmin('GET', `/tenants/${tenantId}/devices`)

  await expect
    .poll(async () => (await asAdmin('GET', `/tenants/${tenantId}`)).body, { interval: 100 })
    .toMatchObject({ status: 'disconnected', lastError: { code: 'consent_revoked' } })
  await services.close(5000)
})

test('a role that is required from now on marks the tenants that lack it at the next start', async () => {
  const lacking = await customers.connected(grants)
  const having = await customers.connected([...grants, 'endpoint:Machine.LiveResponse'])
  const { config } = running.services
  const requiredRoles = [...config.requiredRoles, 'endpoint:Machine.LiveResponse' as const]

  const restarted = await createServices({ ...config, requiredRoles }, running.database.url)
  await restarted.start({ work: true })
  await restarted.close(5000)

  const [marked, kept] = await Promise.all(
    [lacking, having].map(async ({ tenantId }) => (await asAdmin('GET', `/tenants/${tenantId}`)).body),
  )
  expect(marked).toMatchObject({
    status: 'degraded',
    roles: { missing: ['endpoint:Machine.LiveResponse'] },
    lastError: { code: 'role_missing', message: expect.stringContaining('endpoint:Machine.LiveResponse') },
  })
  expect(kept).toMatchObject({ status: 'connected', roles: { missing: [] }, lastError: null })
  expect(await pageOf(lacking.tenantId)).toContain('endpoint:Machine.LiveResponse')

  const back = await createServices(config, running.database.url)
  await back.start({ work: true })
  await back.close(5000)
  expect((await asAdmin('GET', `/tenants/${lacking.tenantId}`)).body).toMatchObject({
    status: 'connected',
    lastError: null,
  })
})

test('the link that renews a consent shows the customer only what changes', async () => {
  const { tenantId } = await customers.connected(grants)
  running.simulator.control.removeRoles(tenantId, ['graph:ThreatHunting.Read.All'])
  await asAdmin('POST', `/tenants/${tenantId}/verification`)

  await staff.get(`/tenants/${tenantId}`)
  const made = await staff.post(`/tenants/${tenantId}/consent-link`)
  const id = new URL(made.location ?? '').pathname.split('/').at(-1)
  const { body: invitation } = await asAdmin('GET', `/invitations/${id}`)
  const { text } = await createVisitor(running.url).get(invitation.joinUrl)

  expect(made.status).toBe(303)
  expect(invitation).toMatchObject({ tenantId, status: 'created' })
  const added = /Read in addition([\s\S]*?)<\/details>/.exec(text)?.[1] ?? ''
  expect([...added.matchAll(/<code>([^<]+)<\/code>/g)].map(match => match[1])).toEqual([
    'ThreatHunting.Read.All',
  ])
  const unchanged = /permissions? stays? as you approved\s+before\s*<\/summary>([\s\S]*?)<\/details>/.exec(
    text,
  )?.[1]
  expect(unchanged).toContain('SecurityAlert.Read.All')
  expect(unchanged).not.toContain('ThreatHunting.Read.All')
})

test('what was taken away is in the timeline, and what the customer cures is well again', async () => {
  const { tenantId } = await customers.connected(grants)
  running.simulator.control.removeRoles(tenantId, ['graph:ThreatHunting.Read.All'])
  await asAdmin('POST', `/tenants/${tenantId}/verification`)
  const { text } = await staff.get(`/tenants/${tenantId}/events`)
  running.simulator.control.grantConsent(tenantId, grants)

  const cured = await asAdmin('POST', `/tenants/${tenantId}/verification`)

  expect(text).toContain('removed: graph:ThreatHunting.Read.All')
  expect(cured.body).toMatchObject({ status: 'connected', roles: { missing: [] }, lastError: null })
})
