import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { createBaseChoice } from '../../../src/microsoft/defender/base-choice.ts'
import { namedFailure } from '../../../src/microsoft/failures/named-failure.ts'
import { readIncidents } from '../../helpers/incidents.ts'
import { defenderRoles, endpointRoles, failureOf, givenDefender, type Setup } from './setup.ts'

/** The newer host is the same machine by another name, so that both can be told apart. */
const byName = (origin: string) => origin.replace('127.0.0.1', 'localhost')
const older = '127.0.0.1'
const newer = 'localhost'
const comment = 'incident 4711'

function machineCalls({ simulator }: Setup): number {
  return simulator.control.requests({ service: 'endpoint' }).reduce((sum, { count }) => sum + count, 0)
}

async function someDevice({ defender, tenant }: Setup): Promise<string> {
  const { items } = await defender.listDevices(tenant.tenantId, endpointRoles, { healthStatus: 'active' })
  return items[0]?.id ?? ''
}

test.each(['404', '410'] as const)(
  'an interface that answers %s at its older host is found at the newer one, and remembered there',
  async answer => {
    const setup = await givenDefender({ defenderOrigin: byName })
    const { defender, tenant, simulator, outcomes } = setup
    simulator.control.retireApi({ surface: 'endpoint', host: older, answer })

    const first = await defender.listDevices(tenant.tenantId, endpointRoles, { limit: 5 })
    const callsOfFirst = machineCalls(setup)
    const second = await defender.listDevices(tenant.tenantId, endpointRoles, {
      limit: 5,
      cursor: first.nextCursor,
    })

    expect(first.items).toHaveLength(5)
    expect(second.items).toHaveLength(5)
    expect(callsOfFirst).toBe(2)
    expect(machineCalls(setup)).toBe(3)
    expect(outcomes.map(({ failure }) => failure)).toEqual([null, null])
  },
)

test('a host whose name leads nowhere is passed over', async () => {
  const setup = await givenDefender({
    endpointOrigin: () => 'https://retired.invalid',
    defenderOrigin: byName,
  })

  const { items } = await setup.defender.listDevices(setup.tenant.tenantId, endpointRoles)

  expect(items.length).toBeGreaterThan(0)
})

test('the newer host ends too: the older one is taken again', async () => {
  const setup = await givenDefender({ defenderOrigin: byName })
  const { defender, tenant, simulator } = setup
  simulator.control.retireApi({ surface: 'endpoint', host: older, answer: '410' })
  await defender.listDevices(tenant.tenantId, endpointRoles)
  simulator.control.restoreApis()
  simulator.control.retireApi({ surface: 'endpoint', host: newer, answer: '410' })

  const { items } = await defender.listDevices(tenant.tenantId, endpointRoles)

  expect(items.length).toBeGreaterThan(0)
})

test('the token of Defender XDR is tried where the newer host does not take the other', async () => {
  const setup = await givenDefender({ defenderOrigin: byName })
  const { defender, tenant, simulator } = setup
  simulator.control.grantConsent(tenant.tenantId, ['endpoint:Machine.Read.All', 'defender:Machine.Read.All'])
  simulator.control.retireApi({ surface: 'endpoint', host: older, answer: '404' })
  simulator.control.setEndpointAudience(newer, 'defender')

  const { items } = await defender.listDevices(tenant.tenantId, endpointRoles)

  expect(items.length).toBeGreaterThan(0)
})

test('an action goes to the host that answers, and there once', async () => {
  const setup = await givenDefender({ defenderOrigin: byName })
  const { defender, tenant, simulator } = setup
  const id = await someDevice(setup)
  simulator.control.retireApi({ surface: 'endpoint', host: older, answer: '410' })

  await defender.runDeviceAction(tenant.tenantId, endpointRoles, id, { type: 'scan', comment })

  const { items } = await defender.listDeviceActions(tenant.tenantId, endpointRoles, id)
  expect(items).toHaveLength(1)
})

test('a refusal, and what a host that works does not know, are not asked for elsewhere', async () => {
  const setup = await givenDefender({ defenderOrigin: byName })
  const { defender, tenant, simulator } = setup
  await someDevice(setup)
  simulator.control.resetRequests()

  const unknown = await failureOf(defender.getDevice(tenant.tenantId, endpointRoles, '0'.repeat(40)))
  const callsForUnknown = machineCalls(setup)
  simulator.control.removeRoles(tenant.tenantId, ['endpoint:Machine.Read.All'])
  simulator.control.addFault({ service: 'endpoint', kind: 'forbidden', times: 1 })
  const refused = await failureOf(defender.getDevice(tenant.tenantId, endpointRoles, '0'.repeat(40)))

  expect([unknown.code, refused.code]).toEqual(['not_found', 'role_missing'])
  expect(callsForUnknown).toBe(1)
  expect(machineCalls(setup)).toBe(2)
})

test.each(['404', '410'] as const)(
  'what answers %s everywhere is told as retired, with what to do',
  async answer => {
    const setup = await givenDefender({ defenderOrigin: byName })
    const { defender, tenant, simulator, outcomes } = setup
    simulator.control.retireApi({ surface: 'endpoint', answer })
    simulator.control.retireApi({ surface: 'defender', answer })

    const devices = await failureOf(defender.listDevices(tenant.tenantId, endpointRoles))
    const hunt = await failureOf(defender.hunt(tenant.tenantId, defenderRoles, { query: 'print 1' }))
    const incidents = await failureOf(readIncidents(defender, tenant.tenantId, defenderRoles))

    for (const failure of [devices, hunt, incidents]) {
      expect(failure).toMatchObject({ code: 'interface_retired', permanent: true, status: Number(answer) })
      expect(failure.remedy).toContain('ThreatHunting.Read.All')
    }
    expect(outcomes.map(({ failure }) => failure?.code)).toEqual(Array(3).fill('interface_retired'))
  },
)

test('behind a proxy that cannot connect to one host the other is asked, and neither counts as retired', async () => {
  const choice = createBaseChoice()
  const bases = ['https://older.example', 'https://newer.example'].map(
    origin => ({ origin, tokenOf: 'endpoint' }) as const,
  )
  const away = new RemoteError(
    namedFailure('network', { service: 'endpoint', serviceCode: 'EPROXY_UPSTREAM' }),
  )
  const asked: string[] = []
  const wanted = { key: 'a', surface: 'endpoint', isWrite: false } as const

  const answer = await choice.use(wanted, bases, async ({ origin }) => {
    asked.push(origin)
    if (origin.includes('older')) throw away
    return 'answered'
  })
  const failure = await failureOf(
    createBaseChoice().use(wanted, bases, async () => {
      throw away
    }),
  )

  expect([answer, asked]).toEqual(['answered', ['https://older.example', 'https://newer.example']])
  expect(failure.code).toBe('network')
})
