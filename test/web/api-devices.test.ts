import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf, roles } from '../helpers/customers.ts'

let running: RunningApp
let customers: Customers
let asAnalyst: Api
let tenant: CustomerProfile

beforeAll(async () => {
  running = await startApp({ tenants: 40, remote: { random: () => 0 } })
  customers = customersOf(running)
  asAnalyst = await apiOf(running, 'analyst')
  tenant = await customers.connected()
})

afterAll(() => running?.close())

const devicesOf = ({ tenantId }: CustomerProfile) => `/tenants/${tenantId}/devices`

/** Devices that are switched on, so that actions come to an end. */
async function activeDevices(): Promise<{ deviceId: string; name: string }[]> {
  const { body } = await asAnalyst('GET', `${devicesOf(tenant)}?healthStatus=active&limit=20`)
  return body.items
}

test('devices are listed page by page and found by name', async () => {
  const first = await asAnalyst('GET', `${devicesOf(tenant)}?limit=2`)
  const second = await asAnalyst('GET', `${devicesOf(tenant)}?limit=2&cursor=${first.body.nextCursor}`)
  const [some] = second.body.items
  const found = await asAnalyst('GET', `${devicesOf(tenant)}?search=${some.name}`)
  const one = await asAnalyst('GET', `${devicesOf(tenant)}/${some.deviceId}`)

  expect(first.status).toBe(200)
  expect(first.body.items[0]).toMatchObject({
    deviceId: expect.stringMatching(/^[0-9a-f]{40}$/),
    tenantId: tenant.tenantId,
    tenantName: tenant.name,
    name: expect.any(String),
  })
  const ids = [...first.body.items, ...second.body.items].map(({ deviceId }) => deviceId)
  expect(new Set(ids).size).toBe(4)
  expect(found.body.items.map(({ deviceId }: { deviceId: string }) => deviceId)).toContain(some.deviceId)
  expect(one.body).toEqual({ ...some, failure: null })
  expect(first.body).toMatchObject({ source: 'both', failure: null, readAt: expect.any(String) })
})

test('who signed in and what was raised on a device can be asked', async () => {
  const customer = await customers.connected([
    ...roles.endpoint,
    'endpoint:User.Read.All',
    'endpoint:Alert.Read.All',
  ])
  const { body } = await asAnalyst('GET', `${devicesOf(customer)}?limit=1`)
  const path = `${devicesOf(customer)}/${body.items[0].deviceId}`

  const [users, alerts] = await Promise.all([
    asAnalyst('GET', `${path}/users`),
    asAnalyst('GET', `${path}/alerts`),
  ])

  expect(users).toMatchObject({ status: 200, body: { items: expect.any(Array) } })
  expect(alerts).toMatchObject({ status: 200, body: { items: expect.any(Array) } })
})

test('an action is accepted with its state and followed to its end', async () => {
  const [device] = await activeDevices()
  const path = `${devicesOf(tenant)}/${device?.deviceId}/actions`

  const asked = await asAnalyst('POST', path, { type: 'isolate', comment: 'case 17' })

  expect(asked).toMatchObject({
    status: 202,
    body: {
      id: expect.any(String),
      remoteId: expect.any(String),
      type: 'isolate',
      status: 'pending',
      comment: 'case 17',
      tenantId: tenant.tenantId,
      deviceId: device?.deviceId,
      source: 'tenantry',
      error: null,
    },
  })
  const where = new URL(asked.headers.get('location') ?? '', running.url).pathname.replace('/api/v1', '')
  running.simulator.control.advanceClock(3_600_000)
  await expect
    .poll(async () => (await asAnalyst('GET', where)).body.status, { interval: 200 })
    .toBe('succeeded')
  const listed = await asAnalyst('GET', path)
  expect(listed.body).toMatchObject({
    items: [{ id: asked.body.id, status: 'succeeded', undo: 'release' }],
    isolation: { state: 'isolated' },
    failure: null,
  })
})

test('what the service refuses comes back as failed, with the reason', async () => {
  const [, device] = await activeDevices()
  const path = `${devicesOf(tenant)}/${device?.deviceId}/actions`
  await asAnalyst('POST', path, { type: 'scan', comment: 'case 17' })

  const again = await asAnalyst('POST', path, { type: 'scan', comment: 'case 17' })

  expect(again).toMatchObject({
    status: 202,
    body: { status: 'failed', error: { code: 'action_in_progress', remedy: expect.any(String) } },
  })
})

test('wrong use, missing roles and strangers are refused before anything is sent', async () => {
  const [, , device] = await activeDevices()
  const path = `${devicesOf(tenant)}/${device?.deviceId}/actions`
  const asReader = await apiOf(running, 'reader')
  const elsewhere = await apiOf(running, 'admin', ['another-tag'])
  const isolate = { type: 'isolate', comment: 'case 17' }
  running.simulator.control.resetRequests()

  const answers = await Promise.all([
    asAnalyst('POST', path, { type: 'isolate', comment: ' ' }),
    asAnalyst('POST', path, { type: 'reboot', comment: 'case 17' }),
    asAnalyst('POST', `${devicesOf(tenant)}/not-a-device/actions`, isolate),
    asAnalyst('POST', path, { type: 'collect', comment: 'case 17' }),
    asReader('POST', path, isolate),
    elsewhere('POST', path, isolate),
    elsewhere('GET', devicesOf(tenant)),
  ])

  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [422, 'invalid'],
    [422, 'invalid'],
    [404, 'not_found'],
    [422, 'role_missing'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [404, 'not_found'],
  ])
  expect(running.simulator.control.requests({ service: 'endpoint' })).toEqual([])
})

test('an action is found under its own device only', async () => {
  const [, , , device] = await activeDevices()
  const path = `${devicesOf(tenant)}/${device?.deviceId}/actions`
  const { body } = await asAnalyst('POST', path, { type: 'scan', comment: 'case 18' })

  const there = await asAnalyst('GET', `${path}/${body.id}`)
  const elsewhere = await asAnalyst('GET', `${devicesOf(tenant)}/${'0'.repeat(40)}/actions/${body.id}`)

  expect(there.status).toBe(200)
  expect(elsewhere).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

test('hunting alone gives devices, with what it cannot tell left out by name', async () => {
  const customer = await customers.connected(roles.graph)
  const list = await asAnalyst('GET', `${devicesOf(customer)}?limit=3`)
  const [device] = list.body.items
  const path = `${devicesOf(customer)}/${device.deviceId}`

  const [one, users, alerts, actions, risky] = await Promise.all([
    asAnalyst('GET', path),
    asAnalyst('GET', `${path}/users`),
    asAnalyst('GET', `${path}/alerts`),
    asAnalyst('GET', `${path}/actions`),
    asAnalyst('GET', `${devicesOf(customer)}?riskScore=high`),
  ])

  expect(list.body).toMatchObject({ source: 'hunting', failure: null })
  expect(one.body).toMatchObject({ source: 'hunting', risk: null, antivirus: null, failure: null })
  expect([users.body.source, alerts.body.source]).toEqual(['hunting', 'hunting'])
  expect(actions.body).toMatchObject({
    items: [],
    isolation: { state: 'not_isolated', source: 'hunting' },
    failure: { code: 'role_missing' },
  })
  expect(risky).toMatchObject({ status: 422, body: { code: 'role_missing' } })
})

test('when Microsoft ends the Endpoint API, devices stay and actions are refused by name', async () => {
  const customer = await customers.connected()
  const { tenantId } = customer
  running.simulator.control.retireApi({ surface: 'endpoint', answer: '410', tenant: tenantId })

  const list = await asAnalyst('GET', `${devicesOf(customer)}?healthStatus=active&limit=3`)
  const path = `${devicesOf(customer)}/${list.body.items[0].deviceId}`
  const one = await asAnalyst('GET', path)
  const isolated = await asAnalyst('POST', `${path}/actions`, { type: 'isolate', comment: 'case 17' })
  const checked = await asAnalyst('POST', `/tenants/${tenantId}/verification`)

  expect(list.body).toMatchObject({ source: 'hunting', failure: { code: 'interface_retired' } })
  expect(one.body).toMatchObject({ source: 'hunting', failure: { code: 'interface_retired' } })
  expect(isolated.status).toBe(502)
  expect(isolated.body).toMatchObject({
    code: 'interface_retired',
    remedy: expect.stringContaining('Defender portal'),
  })
  expect(await running.database.db.deviceAction.count({ where: { tenantId } })).toBe(0)
  expect(checked.body).toMatchObject({ status: 'connected', lastError: null })
  expect(checked.body.surfaces).toContainEqual(
    expect.objectContaining({
      surface: 'endpoint',
      lastError: expect.objectContaining({ code: 'interface_retired' }),
    }),
  )
})

test('the API describes incidents and devices', async () => {
  const { paths } = (await (await fetch(`${running.url}/api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }

  expect(Object.keys(paths['/api/v1/incidents/{id}'] ?? {})).toEqual(['get', 'patch'])
  expect(Object.keys(paths['/api/v1/tenants/{tenantId}/devices/{deviceId}/actions'] ?? {})).toEqual([
    'get',
    'post',
  ])
})
