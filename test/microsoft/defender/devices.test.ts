import { expect, test } from 'vitest'
import type { Device } from '../../../src/microsoft/defender/index.ts'
import { endpointRoles, failureOf, givenDefender, type Setup } from './setup.ts'

async function allDevices({ defender, tenant }: Setup, limit = 1000): Promise<Device[]> {
  const found: Device[] = []
  let cursor: string | null = null
  do {
    const page: { items: Device[]; nextCursor: string | null } = await defender.listDevices(
      tenant.tenantId,
      endpointRoles,
      { limit, cursor },
    )
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return found
}

/** A device that reports, so that actions reach it. */
function active(devices: Device[]): Device {
  const found = devices.find(({ health, onboarding, osPlatform }) => {
    return health === 'active' && onboarding === 'onboarded' && (osPlatform ?? '').startsWith('Windows1')
  })
  if (!found) throw new Error('no device is active')
  return found
}

const comment = 'incident 4711'

test('devices are listed in pages, each once', async () => {
  const setup = await givenDefender()
  const whole = await allDevices(setup)

  const paged = await allDevices(setup, Math.ceil(whole.length / 3))

  expect(whole.length).toBeGreaterThan(3)
  expect(paged.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
  expect(active(whole)).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{40}$/),
    risk: expect.any(String),
  })
})

test('devices are found by the beginning of their name, by address, by id and by state', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const whole = await allDevices(setup)
  const one = active(whole)
  const find = async (options: object) =>
    (await defender.listDevices(tenant.tenantId, endpointRoles, { limit: 1000, ...options })).items

  const byName = await find({ search: one.name.slice(0, 6).toUpperCase() })
  const byAddress = await find({ search: one.lastIpAddress })
  const byId = await find({ search: one.id })
  const byRisk = await find({ riskScore: 'high' })
  const byHealth = await find({ healthStatus: 'active', osPlatform: one.osPlatform })
  const hostile = await find({ search: "x') or startswith(computerDnsName,'" })

  expect(byName.map(({ id }) => id)).toContain(one.id)
  expect(byAddress.map(({ id }) => id)).toContain(one.id)
  expect(byId.map(({ id }) => id)).toEqual([one.id])
  expect(byRisk.map(({ id }) => id)).toEqual(whole.filter(({ risk }) => risk === 'high').map(({ id }) => id))
  expect(
    byHealth.every(({ health, osPlatform }) => health === 'active' && osPlatform === one.osPlatform),
  ).toBe(true)
  expect(hostile).toEqual([])
})

test('a list of no devices is empty, though the service calls it not found', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const body = { error: { code: 'ResourceNotFound', message: 'No machines were found', target: 'x' } }
  simulator.control.addFault({ service: 'endpoint', kind: 'status', status: 404, body })

  const page = await defender.listDevices(tenant.tenantId, endpointRoles)

  expect(page).toEqual({
    items: [],
    nextCursor: null,
    isIncomplete: false,
    source: 'endpoint',
    failure: null,
    readAt: expect.any(String),
  })
})

test('a device is read with its users and alerts', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const device = active(await allDevices(setup))

  const byId = await defender.getDevice(tenant.tenantId, endpointRoles, device.id)
  const byName = await defender.getDevice(tenant.tenantId, endpointRoles, device.name)
  const users = await defender.deviceUsers(tenant.tenantId, endpointRoles, device.id)
  const alerts = await defender.deviceAlerts(tenant.tenantId, endpointRoles, device.id)

  expect(byId).toEqual(byName)
  expect(byId.name).toBe(device.name)
  expect(users.items[0]).toMatchObject({ account: expect.any(String), domain: expect.any(String) })
  for (const alert of alerts.items) expect(alert.evidence[0]?.deviceId).toBe(device.id)
})

test('an unknown device is not found', async () => {
  const { defender, tenant } = await givenDefender()

  const unknown = await failureOf(defender.getDevice(tenant.tenantId, endpointRoles, '0'.repeat(40)))
  const impossible = defender.getDevice(tenant.tenantId, endpointRoles, '../alerts')

  expect(unknown.code).toBe('not_found')
  await expect(impossible).rejects.toMatchObject({ code: 'not_found' })
})

test('every action is asked for with its own role and body', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const { id } = active(await allDevices(setup))
  const run = (type: 'isolate' | 'scan' | 'collect') =>
    defender.runDeviceAction(tenant.tenantId, endpointRoles, id, {
      type,
      comment,
      isolation: 'selective',
      scan: 'full',
    })

  const isolation = await run('isolate')
  const scan = await run('scan')
  const collection = await run('collect')
  const { items: listed } = await defender.listDeviceActions(tenant.tenantId, endpointRoles, id)

  expect(isolation).toMatchObject({
    type: 'isolate',
    status: 'pending',
    scope: 'selective',
    comment,
    deviceId: id,
  })
  expect(scan).toMatchObject({ type: 'scan', scope: 'full' })
  expect(collection).toMatchObject({ type: 'collect' })
  expect(listed.map(one => one.id).sort()).toEqual([isolation.id, scan.id, collection.id].sort())
  expect(await defender.getDeviceAction(tenant.tenantId, endpointRoles, scan.id)).toMatchObject({
    type: 'scan',
  })
})

test('the same action again is refused while the first is under way', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const { id } = active(await allDevices(setup))
  const isolate = () =>
    defender.runDeviceAction(tenant.tenantId, endpointRoles, id, { type: 'isolate', comment })

  await isolate()
  const failure = await failureOf(isolate())

  expect(failure).toMatchObject({ code: 'action_in_progress', status: 400 })
})

test('an action without its role is refused before the call, naming the role', async () => {
  const { defender, tenant, simulator } = await givenDefender()

  const refused = defender.runDeviceAction(tenant.tenantId, ['endpoint:Machine.Read.All'], '0'.repeat(40), {
    type: 'isolate',
    comment,
  })

  await expect(refused).rejects.toMatchObject({
    failure: { code: 'role_missing' },
    message: expect.stringContaining('endpoint:Machine.Isolate'),
  })
  expect(simulator.control.requests()).toEqual([])
})

test('an action is never sent twice when its answer is lost', async () => {
  const setup = await givenDefender()
  const { defender, tenant, simulator } = setup
  const { id } = active(await allDevices(setup))
  simulator.control.addFault({ service: 'endpoint', kind: 'truncated-json', path: '/isolate', times: 1 })

  const failure = await failureOf(
    defender.runDeviceAction(tenant.tenantId, endpointRoles, id, { type: 'isolate', comment }),
  )
  const { items: listed } = await defender.listDeviceActions(tenant.tenantId, endpointRoles, id)

  expect(failure.code).toBe('bad_answer')
  expect(listed).toMatchObject([{ type: 'isolate', comment }])
})

test('a package has an address once it was collected, without the quotation marks that come with it', async () => {
  const setup = await givenDefender()
  const { defender, tenant, simulator } = setup
  const { id } = active(await allDevices(setup))
  const action = await defender.runDeviceAction(tenant.tenantId, endpointRoles, id, {
    type: 'collect',
    comment,
  })

  simulator.control.advanceClock(60_000)
  const address = await defender.packageUri(tenant.tenantId, endpointRoles, action.id)

  expect(address.protocol).toBe('https:')
  expect(address.href).not.toContain('%22')
})

test('a package is not found before its time, and soon after the quota says when to come back', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const { id } = active(await allDevices(setup))
  const action = await defender.runDeviceAction(tenant.tenantId, endpointRoles, id, {
    type: 'collect',
    comment,
  })

  const early = await failureOf(defender.packageUri(tenant.tenantId, endpointRoles, action.id))
  const again = await failureOf(defender.packageUri(tenant.tenantId, endpointRoles, action.id))

  expect(early.code).toBe('not_found')
  expect(again).toMatchObject({ code: 'quota_exhausted', retryAfterSeconds: expect.any(Number) })
})
