import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Surface } from '../../../simulator/src/world.ts'
import type { Defender } from '../../../src/microsoft/defender/index.ts'
import { readPosition } from '../../../src/microsoft/defender/lists/list-position.ts'
import { writeCursor } from '../../../src/platform/paging.ts'
import { allSynced, readIncidents } from '../../helpers/incidents.ts'
import { defenderRoles, endpointRoles, failureOf, givenSharedDefender, graphRoles } from './setup.ts'

let setup: Awaited<ReturnType<typeof givenSharedDefender>>
/** A device with an action, users and alerts. */
let deviceId: string

beforeAll(async () => {
  setup = await givenSharedDefender()
  const { defender, tenant } = setup
  const evidence = (await allSynced(defender, tenant.tenantId, defenderRoles)).flatMap(({ alerts }) =>
    (alerts ?? []).flatMap(({ alert }) => alert.evidence),
  )
  deviceId = evidence.find(one => one.kind === 'device' && one.deviceId)?.deviceId ?? ''
  const scan = { type: 'scan', comment: 'incident 4711' } as const
  await defender.runDeviceAction(tenant.tenantId, endpointRoles, deviceId, scan)
})

beforeEach(() => {
  setup.simulator.control.clearFaults()
  Object.assign(setup, setup.renew())
})

type Read = { ids: string[]; isIncomplete: boolean; nextCursor?: string | null }
type List = { name: string; surface: Surface; path: string; read: (defender: Defender) => Promise<Read> }

const idsOf = (items: { id: string }[]) => items.map(({ id }) => id)

const lists: List[] = [
  {
    name: 'devices',
    surface: 'endpoint',
    path: '/machines',
    read: async defender => {
      const { tenantId } = setup.tenant
      const { items, ...page } = await defender.listDevices(tenantId, endpointRoles, { limit: 4 })
      return { ...page, ids: idsOf(items) }
    },
  },
  {
    name: 'actions of a device',
    surface: 'endpoint',
    path: '/machineactions',
    read: async defender => {
      const read = await defender.listDeviceActions(setup.tenant.tenantId, endpointRoles, deviceId)
      return { ids: idsOf(read.items), isIncomplete: read.isIncomplete }
    },
  },
  {
    name: 'alerts of a device',
    surface: 'endpoint',
    path: '/alerts',
    read: async defender => {
      const read = await defender.deviceAlerts(setup.tenant.tenantId, endpointRoles, deviceId)
      return { ids: idsOf(read.items), isIncomplete: read.isIncomplete }
    },
  },
  {
    name: 'users of a device',
    surface: 'endpoint',
    path: '/logonusers',
    read: async defender => {
      const read = await defender.deviceUsers(setup.tenant.tenantId, endpointRoles, deviceId)
      return { ids: read.items.map(({ account }) => account), isIncomplete: read.isIncomplete }
    },
  },
]

describe.each(lists)('$name', ({ surface, path, read }) => {
  test('goes on behind empty pages', async () => {
    const { defender, simulator } = setup
    const whole = await read(defender)
    simulator.control.addFault({ service: surface, kind: 'empty-page', path, times: 3 })

    const found = await read(defender)

    expect(whole.ids.length).toBeGreaterThan(0)
    expect(found).toMatchObject({ ids: whole.ids, isIncomplete: false })
    expect(simulator.control.faults()).toEqual([])
  })

  test('is incomplete when only empty pages come', async () => {
    const { defender, simulator } = setup
    const [fault] = [simulator.control.addFault({ service: surface, kind: 'empty-page', path })]

    const found = await read(defender)

    expect(found).toMatchObject({ ids: [], isIncomplete: true })
    expect(found.nextCursor ?? null).toBeNull()
    expect(simulator.control.faults().find(({ id }) => id === fault.id)?.struck).toBe(11)
  })
})

const walks: { name: string; surface: Surface; list: (options: object) => Promise<ListedPage> }[] = [
  {
    name: 'devices',
    surface: 'endpoint',
    list: options => setup.defender.listDevices(setup.tenant.tenantId, endpointRoles, options),
  },
]

type ListedPage = { items: { id: string }[]; nextCursor: string | null }

test.each(walks)('$name on $surface are walked by cursor, with empty pages before every page', async walk => {
  const { items } = await walk.list({ limit: 12 })
  const limit = Math.ceil(items.length / 3)

  const found: string[] = []
  let cursor: string | null = null
  do {
    setup.simulator.control.addFault({ service: walk.surface, kind: 'empty-page', times: 2 })
    const page = await walk.list({ limit, cursor })
    found.push(...idsOf(page.items))
    cursor = page.nextCursor
  } while (cursor !== null && found.length < items.length)

  expect(items.length).toBeGreaterThan(3)
  expect(found).toEqual(idsOf(items))
})

test('a list whose links count by $skip goes on where the link says, not where its elements end', async () => {
  const { defender, tenant, simulator } = setup
  const whole = await defender.listDevices(tenant.tenantId, endpointRoles, { limit: 200 })
  const body = {
    value: [],
    '@odata.nextLink': 'https://api.securitycenter.microsoft.com/api/machines?$top=2&$skip=2',
  }
  simulator.control.addFault({ service: 'endpoint', kind: 'status', status: 200, body, times: 1 })

  const first = await defender.listDevices(tenant.tenantId, endpointRoles, { limit: 2 })
  const second = await defender.listDevices(tenant.tenantId, endpointRoles, {
    limit: 2,
    cursor: first.nextCursor,
  })

  expect(idsOf([...first.items, ...second.items])).toEqual(idsOf(whole.items.slice(2, 6)))
})

test('a page of few elements with a link is not the end on any surface', async () => {
  const { defender, tenant, simulator } = setup
  const order = `$orderby=${encodeURIComponent('lastUpdateDateTime desc')}`
  for (const [service, roles, origin, path] of [
    ['graph', graphRoles, 'https://graph.microsoft.com', `/v1.0/security/incidents?${order}&`],
    ['defender', defenderRoles, 'https://api.security.microsoft.com', '/api/incidents?'],
  ] as const) {
    const { value } = await wireAnswer<{ value: unknown[] }>(service, `${path}$top=1`)
    simulator.control.addFault({
      service,
      kind: 'status',
      status: 200,
      times: 1,
      body: { value, '@odata.nextLink': `${origin}${path}$skip=1` },
    })

    const found = await readIncidents(defender, tenant.tenantId, roles)

    expect(found).toMatchObject({ count: 1, hasMore: true })
  }
})

test('a page of incidents is found behind empty ones, and says when none can be', async () => {
  const { defender, tenant, simulator } = setup
  for (const [service, roles] of [
    ['graph', graphRoles],
    ['defender', defenderRoles],
  ] as const) {
    const read = () => readIncidents(defender, tenant.tenantId, roles)
    const whole = await read()
    simulator.control.addFault({ service, kind: 'empty-page', times: 2 })
    expect(await read()).toEqual(whole)

    simulator.control.addFault({ service, kind: 'empty-page' })
    expect(await failureOf(read())).toMatchObject({ code: 'list_incomplete', service })
  }
})

test('alerts inside an incident that were cut are fetched, and an end that does not come is said', async () => {
  const { defender, tenant, simulator } = setup
  const incidents = await allSynced(defender, tenant.tenantId, defenderRoles)
  const several = incidents.find(
    ({ incident, alerts }) => (alerts?.length ?? 0) > 1 && incident.redirectTo === null,
  )
  const id = several?.incident.id ?? ''
  const whole = await defender.syncIncident(tenant.tenantId, graphRoles, id)
  const path = `/v1.0/security/incidents/${id}`
  const { alerts, ...wire } = await wireAnswer<{ alerts: unknown[] }>('graph', `${path}?$expand=alerts`)
  const link = `https://graph.microsoft.com${path}/alerts?$skiptoken=abc`
  const answer = (part: string, body: object) =>
    simulator.control.addFault({ service: 'graph', kind: 'status', status: 200, path: part, body })
  answer('$expand=alerts', { ...wire, alerts: alerts.slice(0, 1), 'alerts@odata.nextLink': link })
  const rest = answer('/alerts?$skiptoken=abc', { value: alerts.slice(1) })

  const found = await defender.syncIncident(tenant.tenantId, graphRoles, id)
  simulator.control.removeFault(rest.id)
  answer('/alerts?$skiptoken=abc', { value: [], '@odata.nextLink': link })
  const endless = await defender.syncIncident(tenant.tenantId, graphRoles, id)

  expect(found).toEqual(whole)
  expect(whole.isIncomplete).toBe(false)
  expect(endless.isIncomplete).toBe(true)
  expect(endless.alerts).toHaveLength(1)
})

test('a cursor of a linked list holds options and leads nowhere else', async () => {
  const { defender, tenant } = setup
  const { nextCursor } = await defender.listDevices(tenant.tenantId, endpointRoles, { limit: 2 })
  const position = readPosition(nextCursor, { by: 'page', surface: 'endpoint' })
  const changed = writeCursor({
    by: 'page',
    surface: 'endpoint',
    options: [['$top'], ['/../../alerts', 'x']],
    given: 0,
  })

  const page = await defender.listDevices(tenant.tenantId, endpointRoles, { limit: 2, cursor: changed })

  expect(JSON.stringify(position)).not.toMatch(/https?:|\/api\//)
  expect(page.items).toHaveLength(2)
})

/** What the simulator itself answers. */
async function wireAnswer<T>(service: Surface, path: string): Promise<T> {
  const { simulator, tokens, tenant } = setup
  const token = await tokens.acquire(tenant.tenantId, service)
  const headers = { authorization: token.authorization(), prefer: 'include-unknown-enum-members' }
  const answer = await fetch(simulator.origin + path, { headers })
  return (await answer.json()) as T
}
