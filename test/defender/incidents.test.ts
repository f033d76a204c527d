import { expect, test } from 'vitest'
import type { Alert, Evidence, Incident } from '../../src/defender/index.ts'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import {
  allRoles,
  customerWhere,
  defenderRoles,
  failureOf,
  givenDefender,
  graphRoles,
  type Setup,
} from './setup.ts'

async function allIncidents(
  { defender }: Setup,
  tenant: CustomerProfile,
  roles: string[],
): Promise<Incident[]> {
  const found: Incident[] = []
  let cursor: string | null = null
  do {
    const page: { items: Incident[]; nextCursor: string | null } = await defender.listIncidents(
      tenant.tenantId,
      roles,
      { cursor, limit: 200 },
    )
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return found
}

async function sweep(
  { defender }: Setup,
  tenantId: string,
  roles: string[],
  since: string,
): Promise<Incident[]> {
  const found: Incident[] = []
  for await (const page of defender.sweepIncidents(tenantId, roles, since)) found.push(...page)
  return found
}

const idsOf = (incidents: { id: string }[]) => incidents.map(({ id }) => id).sort()

test('both surfaces list the same incidents with the same values', async () => {
  const setup = await givenDefender()

  const graph = await allIncidents(setup, setup.tenant, graphRoles)
  const xdr = await allIncidents(setup, setup.tenant, defenderRoles)

  expect(graph.length).toBeGreaterThan(3)
  const byId = new Map(xdr.map(incident => [incident.id, incident]))
  for (const incident of graph) {
    const { description, systemTags, alertCount, surface, ...same } = incident
    const other = byId.get(incident.id)
    // Only Defender Experts set it, and only Graph has a word for it.
    const status = same.status === 'awaitingAction' ? 'inProgress' : same.status
    expect(other).toMatchObject({ ...same, status })
    expect(other?.alertCount).toBeGreaterThanOrEqual(0)
  }
  expect(idsOf(xdr)).toEqual(idsOf(graph))
})

test('pages of any size hold every incident once, newest first', async () => {
  const setup = await givenDefender()
  const whole = await allIncidents(setup, setup.tenant, graphRoles)

  for (const roles of [graphRoles, defenderRoles]) {
    const found: Incident[] = []
    let cursor: string | null = null
    do {
      const page: { items: Incident[]; nextCursor: string | null } = await setup.defender.listIncidents(
        setup.tenant.tenantId,
        roles,
        { limit: 7, cursor },
      )
      expect(page.items.length).toBeLessThanOrEqual(7)
      found.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)

    expect(idsOf(found)).toEqual(idsOf(whole))
  }
  expect(whole.map(({ updatedAt }) => updatedAt)).toEqual(
    whole
      .map(({ updatedAt }) => updatedAt)
      .sort()
      .reverse(),
  )
})

test('one incident is the same on both surfaces, with its alerts and what they are about', async () => {
  const { defender, tenant } = await givenDefender()
  const list = await defender.listIncidents(tenant.tenantId, graphRoles, { limit: 8 })

  for (const { id } of list.items) {
    const graph = await defender.getIncident(tenant.tenantId, graphRoles, id)
    const xdr = await defender.getIncident(tenant.tenantId, defenderRoles, id)

    expect(xdr.alertCount).toBe(graph.alertCount)
    expect(comparable(xdr)).toEqual(comparable(graph))
    for (const [index, alert] of (xdr.alerts ?? []).entries()) {
      const other = graph.alerts?.[index]
      expect(comparableAlert(alert)).toEqual(other && comparableAlert(other))
      for (const one of alert.evidence) expectAmong(one, other?.evidence ?? [])
    }
  }
})

function comparable({ alerts, description, systemTags, surface, status, ...same }: Incident) {
  return { ...same, status: status === 'awaitingAction' ? 'inProgress' : status }
}

function comparableAlert({ evidence, recommendedActions, threatName, comments, surface, ...same }: Alert) {
  return same
}

/** Defender XDR tells less of each; what it tells must be the same. */
function expectAmong(one: Evidence, others: Evidence[]) {
  const alike = others.filter(
    other => other.kind === one.kind && other.title === one.title && other.deviceId === one.deviceId,
  )
  expect(alike.map(({ facts }) => facts)).toContainEqual(expect.objectContaining(one.facts))
}

test('lists are narrowed by status, severity, assignment and time on both surfaces', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const all = await allIncidents(setup, tenant, graphRoles)
  const middle = all[Math.floor(all.length / 2)]?.updatedAt ?? ''

  for (const roles of [graphRoles, defenderRoles]) {
    const list = async (options: object) =>
      idsOf((await defender.listIncidents(tenant.tenantId, roles, { limit: 200, ...options })).items)

    expect(await list({ status: 'active' })).toEqual(idsOf(all.filter(({ status }) => status === 'active')))
    expect(await list({ severity: 'high' })).toEqual(idsOf(all.filter(({ severity }) => severity === 'high')))
    expect(await list({ assignedTo: null })).toEqual(idsOf(all.filter(one => one.assignedTo === null)))
    expect(await list({ updatedSince: middle })).toEqual(idsOf(all.filter(one => one.updatedAt >= middle)))
  }
  await expect(
    defender.listIncidents(tenant.tenantId, graphRoles, { updatedSince: "2026' or 1 eq 1" }),
  ).rejects.toMatchObject({ code: 'invalid' })
})

test('a sweep brings everything since a time, on Graph earliest first', async () => {
  const setup = await givenDefender()
  const all = await allIncidents(setup, setup.tenant, graphRoles)
  const since = all.at(-3)?.updatedAt ?? ''

  const graph = await sweep(setup, setup.tenant.tenantId, graphRoles, since)
  const xdr = await sweep(setup, setup.tenant.tenantId, defenderRoles, since)

  const expected = idsOf(all.filter(({ updatedAt }) => updatedAt >= since))
  expect(idsOf(graph)).toEqual(expected)
  expect(idsOf(xdr)).toEqual(expected)
  const times = graph.map(({ updatedAt }) => updatedAt)
  expect(times).toEqual([...times].sort())
})

test('a sweep never skips deep and never asks for more than Graph allows', async () => {
  const setup = await givenDefender()
  const large = customerWhere(
    setup.simulator,
    ({ size, licenses }) => size === 'large' && licenses.length === 6,
  )
  setup.simulator.control.grantConsent(large.tenantId, allRoles)

  const found = await sweep(setup, large.tenantId, graphRoles, '2020-01-01T00:00:00Z')

  expect(found.length).toBeGreaterThan(50)
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
})

test('a merged incident tells where its chain ends', async () => {
  const setup = await givenDefender()
  const customers = setup.simulator.world.customers().filter(({ licenses }) => licenses.length === 6)
  for (const { tenantId } of customers) setup.simulator.control.grantConsent(tenantId, allRoles)
  const merged = (await Promise.all(customers.map(customer => allIncidents(setup, customer, graphRoles))))
    .flat()
    .find(({ status }) => status === 'redirected')
  if (!merged) throw new Error('no customer has a merged incident')

  for (const roles of [graphRoles, defenderRoles]) {
    const incident = await setup.defender.getIncident(merged.tenantId, roles, merged.id)
    const target = await setup.defender.getIncident(merged.tenantId, roles, incident.redirectTo ?? '')

    expect(incident.status).toBe('redirected')
    expect(target.redirectTo).toBeNull()
  }
})

test('an unknown incident is not found, and an id that cannot be one is not asked for', async () => {
  const { defender, tenant, simulator } = await givenDefender()

  expect(await failureOf(defender.getIncident(tenant.tenantId, graphRoles, '999999999'))).toMatchObject({
    code: 'not_found',
    status: 404,
  })
  simulator.control.resetRequests()
  await expect(defender.getIncident(tenant.tenantId, graphRoles, '../users')).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(simulator.control.requests()).toEqual([])
})

test('a change is written through on both surfaces, with its comment', async () => {
  const { defender, tenant } = await givenDefender()
  const { items } = await defender.listIncidents(tenant.tenantId, graphRoles, { status: 'active', limit: 2 })

  for (const [index, roles] of [graphRoles, defenderRoles].entries()) {
    const before = items[index]
    const changed = await defender.updateIncident(tenant.tenantId, roles, before?.id ?? '', {
      status: 'resolved',
      assignedTo: 'analyst@partner.example',
      classification: 'falsePositive',
      determination: 'notMalicious',
      tags: ['seen'],
      comment: 'a test of the till',
    })
    const read = await defender.getIncident(tenant.tenantId, graphRoles, before?.id ?? '')

    const expected = {
      status: 'resolved',
      assignedTo: 'analyst@partner.example',
      classification: 'falsePositive',
      determination: 'notMalicious',
      tags: ['seen'],
    }
    expect(changed).toMatchObject(expected)
    expect(read).toMatchObject(expected)
    expect(read.comments.at(-1)).toMatchObject({
      comment: 'a test of the till',
      createdAt: expect.any(String),
    })
    expect(changed.comments).toEqual(read.comments)
    expect(changed.updatedAt > (before?.updatedAt ?? '')).toBe(true)
  }
})

test('a comment alone, and a tag alone, are changes', async () => {
  const { defender, tenant } = await givenDefender()
  const [incident] = (await defender.listIncidents(tenant.tenantId, graphRoles, { limit: 1 })).items

  const commented = await defender.updateIncident(tenant.tenantId, graphRoles, incident?.id ?? '', {
    comment: 'called the owner',
  })
  const tagged = await defender.updateIncident(tenant.tenantId, graphRoles, incident?.id ?? '', {
    tags: ['called'],
  })

  expect(commented.comments.at(-1)?.comment).toBe('called the owner')
  expect(tagged.tags).toEqual(['called'])
})

test('a comment that fails after its change says that the change was made', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const [incident] = (await defender.listIncidents(tenant.tenantId, graphRoles, { limit: 1 })).items
  simulator.control.addFault({ service: 'graph', kind: 'internal-error', path: '/comments' })

  const failure = await failureOf(
    defender.updateIncident(tenant.tenantId, graphRoles, incident?.id ?? '', {
      tags: ['kept'],
      comment: 'lost',
    }),
  )
  const read = await defender.peekIncident(tenant.tenantId, graphRoles, incident?.id ?? '')

  expect(failure.message).toContain('The change was made, but its comment was not added')
  expect(read.tags).toEqual(['kept'])
})

test('a change that no surface would take is refused here', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const update = (change: object) => defender.updateIncident(tenant.tenantId, graphRoles, '1', change)

  for (const change of [
    {},
    { comment: '  ' },
    { determination: 'malware' },
    { classification: 'falsePositive', determination: 'malware' },
  ]) {
    await expect(update(change)).rejects.toMatchObject({ code: 'invalid' })
  }
  await expect(
    defender.updateIncident(tenant.tenantId, ['graph:SecurityIncident.Read.All'], '1', { status: 'active' }),
  ).rejects.toMatchObject({ code: 'role_missing' })
  expect(simulator.control.requests()).toEqual([])
})

test('an incident whose alerts the service cannot hand out comes without them', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const [incident] = (await defender.listIncidents(tenant.tenantId, graphRoles, { limit: 1 })).items
  simulator.control.addFault({ service: 'graph', kind: 'internal-error', path: '$expand=alerts' })

  const read = await defender.getIncident(tenant.tenantId, graphRoles, incident?.id ?? '')

  expect(read).toMatchObject({ id: incident?.id, alerts: null, alertCount: null })
})

test('an answer that is not what the service promises is named so', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  for (const body of [{ value: [{ id: '1' }] }, { value: 'none' }, []]) {
    simulator.control.clearFaults()
    simulator.control.addFault({ service: 'graph', kind: 'status', status: 200, body })

    const failure = await failureOf(defender.listIncidents(tenant.tenantId, graphRoles))

    expect(failure).toMatchObject({ code: 'bad_answer', service: 'graph' })
  }
})

test('a next link that leaves the origin is refused before a token is sent there', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const elsewhere = 'http://127.0.0.1:9/api/incidents?$skip=100'
  simulator.control.addFault({
    service: 'defender',
    kind: 'status',
    status: 200,
    body: { value: [wireIncident], '@odata.nextLink': elsewhere },
  })

  const failure = await failureOf(
    (async () => {
      for await (const page of defender.sweepIncidents(
        tenant.tenantId,
        defenderRoles,
        '2020-01-01T00:00:00Z',
      ))
        expect(page).toHaveLength(1)
    })(),
  )

  expect(failure.code).toBe('foreign_link')
})

const wireIncident = {
  incidentId: 12,
  incidentName: 'One',
  createdTime: '2026-01-01T00:00:00Z',
  lastUpdateTime: '2026-01-01T00:00:00Z',
  status: 'Escalated',
  severity: 'High',
  alerts: [],
}

test('a status that is new to us is kept and pointed out', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  simulator.control.addFault({
    service: 'defender',
    kind: 'status',
    status: 200,
    body: { value: [wireIncident] },
  })

  const { items } = await defender.listIncidents(tenant.tenantId, defenderRoles)

  expect(items).toMatchObject([{ id: '12', status: 'escalated', unfamiliar: ['status: Escalated'] }])
})
