import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { examine } from '../../src/doctor/doctor.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let customers: Customers
let staff: Staff
let asAdmin: Api

beforeAll(async () => {
  running = await startApp({ tenants: 40, remote: { random: () => 0 } })
  customers = customersOf(running)
  staff = await signedIn(running)
  asAdmin = await apiOf(running, 'admin')
})

afterAll(() => running?.close())

const guid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const tokenRequests = ({ tenantId }: CustomerProfile) =>
  running.simulator.control
    .requests({ service: 'login', tenantId, path: '/token' })
    .reduce((sum, { count }) => sum + count, 0)

async function checked({ tenantId }: CustomerProfile) {
  return (await asAdmin('POST', `/tenants/${tenantId}/verification`)).body
}

test('a tenant that Microsoft blocked keeps its roles, says who must do what, and is asked for few tokens', async () => {
  const { simulator, services } = running
  const customer = await customers.connected()
  const before = (await asAdmin('GET', `/tenants/${customer.tenantId}`)).body
  simulator.control.setBlock(customer.tenantId, 'inactivity')

  const blocked = await checked(customer)
  const page = words((await staff.get(`/tenants/${customer.tenantId}`)).text)
  const asked = tokenRequests(customer)
  for (let call = 0; call < 5; call += 1) {
    await services.tokens.acquire(customer.tenantId, 'graph').catch(() => null)
  }
  const askedLater = tokenRequests(customer)
  simulator.control.setBlock(customer.tenantId, null)
  const after = await checked(customer)

  expect(blocked).toMatchObject({
    status: 'disconnected',
    roles: { granted: before.roles.granted, missing: [] },
    lastError: {
      code: 'tenant_inactive',
      serviceCode: 'AADSTS5000225',
      requestId: guid,
      whoseMove: 'customer',
      permanent: true,
      remedy: expect.stringContaining('20 days'),
    },
  })
  expect(page).toContain('Microsoft has blocked this tenant because it was inactive.')
  expect(page).not.toMatch(/sign in again/i)
  expect(page).not.toContain('Make a link')
  expect(askedLater - asked).toBeLessThanOrEqual(1)
  expect(after).toMatchObject({ status: 'connected', roles: before.roles, lastError: null })
  await expect(services.tokens.acquire(customer.tenantId, 'graph')).resolves.toBeDefined()
})

test('a refused token is told with Microsoft’s number and the request id wherever it is told', async () => {
  const customer = await customers.connected()
  const { tenantId } = customer
  running.simulator.control.deleteEnterpriseApp(tenantId)

  const tenant = await checked(customer)
  const page = await staff.get(`/tenants/${tenantId}`)
  const findings = []
  const { config, ...services } = running.services
  for await (const finding of examine({ ...services, ...config }, systemActor, tenantId))
    findings.push(finding)
  const audit = (await asAdmin('GET', `/audit?tenant=${tenantId}`)).body

  expect(tenant.lastError).toMatchObject({ serviceCode: 'AADSTS7000229', requestId: guid })
  expect(tenant.surfaces[0].lastError).toMatchObject({ serviceCode: 'AADSTS7000229', requestId: guid })
  expect(page.text).toContain('<a href="https://login.microsoftonline.com/error?code=7000229"')
  expect(words(page.text)).toMatch(/Request id for Microsoft’s support: [0-9a-f-]{36}/)
  expect(findings.find(({ check }) => check === `tenant ${tenantId}`)).toMatchObject({
    outcome: 'failed',
    serviceCode: 'AADSTS7000229',
    requestId: guid,
  })
  const told = audit.items.filter(({ action }: { action: string }) =>
    ['tenant.disconnected', 'tenant.verified_on_demand'].includes(action),
  )
  expect(told.length).toBeGreaterThanOrEqual(2)
  for (const { detail } of told)
    expect(detail).toMatchObject({ code: 'app_removed', serviceCode: 'AADSTS7000229', requestId: guid })
})

test('a hunt tells Microsoft’s code tenant by tenant', async () => {
  const customer = await customers.connected()
  const { tenantId } = customer
  running.simulator.control.addFault({
    service: 'graph',
    tenantId,
    kind: 'forbidden',
    path: '/runHuntingQuery',
  })

  const { id } = (await asAdmin('POST', '/hunts', { query: 'DeviceInfo | take 1', tenants: [tenantId] })).body
  const read = async () => (await asAdmin('GET', `/hunts/${id}`)).body
  await expect.poll(async () => (await read()).status).toBe('failed')
  const page = words((await staff.get(`/hunts/${id}?view=tenants`)).text)

  expect((await read()).tenants[0].error).toMatchObject({
    code: 'role_missing',
    serviceCode: 'Forbidden',
    requestId: guid,
  })
  expect(page).toContain('Microsoft’s code: Forbidden')
})

test('a hunt through the older API alone asks for the role that opens all tables', async () => {
  const customer = await customers.connected(roles.endpoint)

  const { id } = (
    await asAdmin('POST', '/hunts', { query: 'EmailEvents | take 10', tenants: [customer.tenantId] })
  ).body
  const read = async () => (await asAdmin('GET', `/hunts/${id}`)).body
  await expect.poll(async () => (await read()).status).toBe('failed')

  const { error } = (await read()).tenants[0]
  expect(error).toMatchObject({ code: 'table_missing', service: 'endpoint', serviceCode: 'BadRequest' })
  expect(error.remedy).toContain('ThreatHunting.Read.All')
  expect(error.remedy).not.toMatch(/license/i)
})

test('a refused device action tells Microsoft’s code, in the API, on the page and in the audit', async () => {
  const customer = await customers.connected()
  const { tenantId } = customer
  const devices = (await asAdmin('GET', `/tenants/${tenantId}/devices?healthStatus=active&limit=1`)).body
  const { deviceId } = devices.items[0]
  const body = {
    error: { code: 'DisallowedOperation', message: 'Not on this device.', target: deviceId.slice(0, 8) },
  }
  running.simulator.control.addFault({
    service: 'endpoint',
    tenantId,
    kind: 'status',
    status: 403,
    body,
    path: '/isolate',
  })

  const action = await asAdmin('POST', `/tenants/${tenantId}/devices/${deviceId}/actions`, {
    type: 'isolate',
    comment: 'Suspicious sign-ins',
  })
  const page = words((await staff.partial(`/tenants/${tenantId}/devices/${deviceId}`)).text)
  const audit = (await asAdmin('GET', `/audit?tenant=${tenantId}&action=device.action_refused`)).body

  const { requestId } = action.body.error
  expect(action.body).toMatchObject({
    status: 'failed',
    error: { code: 'not_allowed', serviceCode: 'DisallowedOperation', requestId: expect.any(String) },
  })
  expect(page).toContain('Microsoft’s code: DisallowedOperation')
  expect(page).toContain(requestId)
  expect(audit.items[0].detail).toMatchObject({ serviceCode: 'DisallowedOperation', requestId })
})

test('a refusal by the API keeps what Microsoft said', async () => {
  const customer = customers.consented()
  running.simulator.control.deleteEnterpriseApp(customer.tenantId)

  const absent = await asAdmin('POST', '/tenants', { tenant: customer.domain, name: customer.name })
  const nowhere = await asAdmin('POST', '/invitations', {
    customerName: 'Nobody',
    tenant: '00000000-0000-4000-8000-000000000000',
  })

  expect(absent).toMatchObject({
    status: 422,
    body: { code: 'consent_missing', serviceCode: 'AADSTS7000229', requestId: guid },
  })
  expect(nowhere).toMatchObject({
    status: 422,
    body: { code: 'tenant_not_found', serviceCode: 'AADSTS90002', requestId: guid },
  })
})
