import { expect, test } from 'vitest'
import type { Device } from '../../../src/microsoft/defender/index.ts'
import { customerWhere, endpointRoles, failureOf, givenDefender, graphRoles, type Setup } from './setup.ts'

const both = [...graphRoles, ...endpointRoles]

async function all({ defender, tenant }: Setup, roles: string[], limit = 1000): Promise<Device[]> {
  const found: Device[] = []
  let cursor: string | null = null
  do {
    const page: { items: Device[]; nextCursor: string | null } = await defender.listDevices(
      tenant.tenantId,
      roles,
      { limit, cursor },
    )
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return found
}

function hunts({ simulator }: Setup): number {
  return simulator.control
    .requests({ service: 'graph', path: 'runHuntingQuery' })
    .reduce((sum, { count }) => sum + count, 0)
}

const ids = (devices: Device[]) => devices.map(({ id }) => id).sort()

test('hunting alone lists the devices that the Endpoint API lists, each once, by name', async () => {
  const setup = await givenDefender()
  const known = await all(setup, endpointRoles)
  const hunted = await all(setup, graphRoles)
  const paged = await all(setup, graphRoles, Math.ceil(hunted.length / 3))

  expect(ids(hunted)).toEqual(ids(known))
  expect(paged).toEqual(hunted)
  expect(hunted.map(({ name }) => name)).toEqual(hunted.map(({ name }) => name).sort())
  for (const device of hunted) {
    const same = known.find(({ id }) => id === device.id)
    const { name, osPlatform, osVersion, osBuild, health, onboarding, group, tags, mergedInto } = device
    expect({ name, osPlatform, osVersion, osBuild, health, onboarding, group, tags, mergedInto }).toEqual({
      name: same?.name,
      osPlatform: same?.osPlatform,
      osVersion: same?.osVersion,
      osBuild: same?.osBuild,
      health: same?.health,
      onboarding: same?.onboarding,
      group: same?.group,
      tags: same?.tags,
      mergedInto: same?.mergedInto,
    })
    expect(device).toMatchObject({ source: 'hunting', risk: null, antivirus: null, firstSeenAt: null })
    if (onboarding === 'onboarded') expect(device.lastIpAddress).toBe(same?.lastIpAddress)
  }
})

test('hunting finds by name, address, id, system and state as the Endpoint API does', async () => {
  const setup = await givenDefender()
  const known = await all(setup, endpointRoles)
  const one = known.find(({ health, onboarding }) => health === 'active' && onboarding === 'onboarded')
  const impaired = known.find(({ health }) => health === 'impairedCommunication')
  const filters = [
    { search: one?.name.slice(0, 6).toUpperCase() ?? '' },
    { search: one?.lastIpAddress ?? '' },
    { search: one?.id ?? '' },
    { osPlatform: one?.osPlatform ?? '' },
    { healthStatus: 'inactive' },
    { healthStatus: impaired?.health ?? 'active', osPlatform: impaired?.osPlatform ?? '' },
  ]
  const list = async (roles: string[], filter: object) =>
    ids((await setup.defender.listDevices(setup.tenant.tenantId, roles, { limit: 1000, ...filter })).items)

  for (const filter of filters) {
    const found = await list(graphRoles, filter)
    expect(found.length, JSON.stringify(filter)).toBeGreaterThan(0)
    expect(found, JSON.stringify(filter)).toEqual(await list(endpointRoles, filter))
  }
  expect(await list(graphRoles, { search: '" or true or DeviceName startswith "' })).toEqual([])
})

test('the Endpoint API adds what only it knows while it answers, and why not is told when it does not', async () => {
  const setup = await givenDefender()
  const { defender, tenant, simulator } = setup
  const known = new Map((await all(setup, endpointRoles)).map(device => [device.id, device]))

  const whole = await defender.listDevices(tenant.tenantId, both, { limit: 20 })
  const one = await defender.getDevice(tenant.tenantId, both, whole.items[0]?.id ?? '')
  simulator.control.retireApi({ surface: 'endpoint', answer: '410' })
  const without = await defender.listDevices(tenant.tenantId, both, { limit: 20 })
  const oneWithout = await defender.getDevice(tenant.tenantId, both, whole.items[0]?.id ?? '')

  expect(whole).toMatchObject({ source: 'both', failure: null })
  for (const device of whole.items) {
    const { risk, antivirus, firstSeenAt, value } = known.get(device.id) as Device
    expect(device).toMatchObject({ source: 'both', risk, antivirus, firstSeenAt, value })
  }
  expect(one).toEqual({ ...whole.items[0], failure: null })
  expect(without).toMatchObject({ source: 'hunting', failure: { code: 'interface_retired' } })
  expect(ids(without.items)).toEqual(ids(whole.items))
  expect(oneWithout).toMatchObject({
    source: 'hunting',
    risk: null,
    name: one.name,
    failure: { code: 'interface_retired' },
  })
})

test('where hunting is refused or has no such tables, the Endpoint API stands in', async () => {
  const setup = await givenDefender()
  const { defender, tenant, simulator } = setup
  const [first] = await all(setup, endpointRoles)
  simulator.control.addFault({ service: 'graph', kind: 'forbidden', path: 'runHuntingQuery' })
  const one = await defender.getDevice(tenant.tenantId, both, first?.id ?? '')
  const users = await defender.deviceUsers(tenant.tenantId, both, first?.id ?? '')
  const onlyHunting = await failureOf(defender.listDevices(tenant.tenantId, graphRoles))
  simulator.control.clearFaults()
  simulator.control.addFault({ service: 'graph', kind: 'quota', path: 'runHuntingQuery' })
  const refused = await defender.listDevices(tenant.tenantId, both, { limit: 5 })

  expect(refused).toMatchObject({ source: 'endpoint', failure: { code: 'cpu_quota_exhausted' } })
  expect(refused.items).toHaveLength(5)
  expect(one).toMatchObject({ source: 'endpoint', failure: { code: 'role_missing' } })
  expect(users).toMatchObject({ source: 'endpoint', failure: { code: 'role_missing' } })
  expect(onlyHunting.code).toBe('role_missing')
})

test('risk is asked of the Endpoint API alone, and refused by name where only hunting is open', async () => {
  const { defender, tenant } = await givenDefender()

  const risky = await defender.listDevices(tenant.tenantId, both, { riskScore: 'high' })
  const refused = failureOf(defender.listDevices(tenant.tenantId, graphRoles, { riskScore: 'high' }))

  expect(risky.source).toBe('endpoint')
  expect(risky.items.every(({ risk }) => risk === 'high')).toBe(true)
  expect(await refused).toMatchObject({
    code: 'role_missing',
    message: expect.stringContaining('endpoint:Machine.Read.All'),
  })
})

test('a device and who signed in on it is one question, asked once within a minute', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const [device] = (await all(setup, graphRoles)).filter(({ onboarding }) => onboarding === 'onboarded')
  const before = hunts(setup)

  const [one, users] = await Promise.all([
    defender.getDevice(tenant.tenantId, graphRoles, device?.id ?? ''),
    defender.deviceUsers(tenant.tenantId, graphRoles, device?.id ?? ''),
  ])
  const again = await defender.getDevice(tenant.tenantId, graphRoles, device?.id ?? '')
  const byName = await defender.getDevice(tenant.tenantId, graphRoles, device?.name.toUpperCase() ?? '')

  expect(hunts(setup) - before).toBe(2)
  expect(again).toEqual(one)
  expect(byName).toEqual(one)
  expect(one).toEqual({ ...device, failure: null })
  expect(users.items.length).toBeGreaterThan(0)
  expect(users.items[0]).toMatchObject({
    account: expect.any(String),
    logonTypes: expect.any(String),
    lastSeenAt: expect.any(String),
    isDomainAdmin: null,
  })
})

test('looking at devices leaves the larger part of the hunting quota alone', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const looks = Array.from({ length: 40 }, (_, index) =>
    defender.listDevices(tenant.tenantId, graphRoles, { search: `name-${index}` }),
  )

  const codes = (await Promise.allSettled(looks)).map(look =>
    look.status === 'fulfilled' ? 'answered' : look.reason.failure.code,
  )

  expect(new Set(codes)).toEqual(new Set(['answered', 'quota_exhausted']))
  expect(hunts(setup)).toBeLessThan(10)
  const hunt = await defender.hunt(tenant.tenantId, graphRoles, { query: 'print 1', quotaWaitMs: 10_000 })
  expect(hunt.surface).toBe('graph')
})

test('the alerts of a device come from hunting when the Endpoint API is not there', async () => {
  const setup = await givenDefender()
  const { defender, tenant, simulator } = setup
  const devices = await all(setup, endpointRoles)
  const known = new Map<string, string[]>()
  for (const { id } of devices) {
    const { items } = await defender.deviceAlerts(tenant.tenantId, endpointRoles, id)
    if (items.length > 0)
      known.set(
        id,
        items.map(alert => alert.id),
      )
    if (known.size === 2) break
  }
  simulator.control.retireApi({ surface: 'endpoint', answer: '404' })

  for (const [id, alertIds] of known) {
    const { items, source, failure } = await defender.deviceAlerts(tenant.tenantId, both, id)
    expect({ source, code: failure?.code }).toEqual({ source: 'hunting', code: 'interface_retired' })
    expect(items.map(alert => alert.id)).toEqual(expect.arrayContaining(alertIds))
    expect(items[0]).toMatchObject({
      title: expect.any(String),
      severity: expect.stringMatching(/^(informational|low|medium|high)$/),
      status: 'unknown',
      incidentId: null,
    })
  }
  expect(known.size).toBe(2)
})

test('an isolation shows in the last report, and is gone from it after the release', async () => {
  const setup = await givenDefender()
  const { defender, tenant, simulator } = setup
  const [device] = (await all(setup, endpointRoles)).filter(
    ({ health, onboarding }) => health === 'active' && onboarding === 'onboarded',
  )
  const { id = '', name = '' } = device ?? {}
  const run = async (type: 'isolate' | 'release') => {
    await defender.runDeviceAction(tenant.tenantId, endpointRoles, id, { type, comment: 'case 17' })
    simulator.control.advanceClock(3 * 3600_000)
  }

  // Another question each time, since an answer is kept for a minute.
  const before = await defender.getDevice(tenant.tenantId, graphRoles, id)
  await run('isolate')
  const isolated = await defender.getDevice(tenant.tenantId, graphRoles, name)
  await run('release')
  const released = await defender.listDevices(tenant.tenantId, graphRoles, { search: name })

  expect([before, isolated, released.items[0]].map(one => one?.isIsolated)).toEqual([false, true, false])
})

test('a device that neither source knows is not found; one that hunting does not hold is read elsewhere', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const nowhere = '0'.repeat(40)

  await expect(defender.getDevice(tenant.tenantId, graphRoles, nowhere)).rejects.toMatchObject({
    code: 'not_found',
  })
  expect((await failureOf(defender.getDevice(tenant.tenantId, both, nowhere))).code).toBe('not_found')
  await expect(defender.getDevice(tenant.tenantId, graphRoles, '../alerts')).rejects.toMatchObject({
    code: 'not_found',
  })
})

test('empty tables are not taken for a tenant without devices while the Endpoint API is open', async () => {
  const setup = await givenDefender()
  const { simulator, defender } = setup
  const business = customerWhere(
    setup.simulator,
    ({ licenses }) => !licenses.includes('endpoint') || licenses.length < 6,
  )
  simulator.control.setLicenses(business.tenantId, ['endpoint'])
  simulator.control.grantConsent(business.tenantId, both)

  const page = await defender.listDevices(business.tenantId, both, { limit: 5 })

  expect(page.items.length).toBeGreaterThan(0)
})
