import { expect, test } from 'vitest'
import type { Alert, Evidence, Incident } from '../../../src/microsoft/defender/index.ts'
import { allIncidents, readIncidents, someIncident } from '../../helpers/incidents.ts'
import { allRoles, defenderRoles, failureOf, givenDefender, graphRoles } from './setup.ts'

const idsOf = (incidents: { id: string }[]) => incidents.map(({ id }) => id).sort()

test('both surfaces list the same incidents with the same values', async () => {
  const { defender, tenant } = await givenDefender()

  const graph = await allIncidents(defender, tenant.tenantId, graphRoles)
  const xdr = await allIncidents(defender, tenant.tenantId, defenderRoles)

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

test('one incident is the same on both surfaces, with its alerts and what they are about', async () => {
  const { defender, tenant } = await givenDefender()
  const list = await allIncidents(defender, tenant.tenantId, graphRoles)

  for (const { id } of list.slice(0, 8)) {
    const graph = await defender.syncIncident(tenant.tenantId, graphRoles, id)
    const xdr = await defender.syncIncident(tenant.tenantId, defenderRoles, id)

    expect(xdr.alerts?.length).toBe(graph.alerts?.length)
    expect(comparable(xdr.incident)).toEqual(comparable(graph.incident))
    for (const [index, { alert }] of (xdr.alerts ?? []).entries()) {
      const other = graph.alerts?.[index]?.alert
      expect(comparableAlert(alert)).toEqual(other && comparableAlert(other))
      for (const one of alert.evidence) expectAmong(one, other?.evidence ?? [])
    }
  }
})

function comparable({ alerts, alertCount, description, systemTags, surface, status, ...same }: Incident) {
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

test('a merged incident tells what it was merged into', async () => {
  const { defender, simulator } = await givenDefender()
  const customers = simulator.world.customers().filter(({ licenses }) => licenses.length === 6)
  for (const { tenantId } of customers) simulator.control.grantConsent(tenantId, allRoles)
  const all = customers.map(({ tenantId }) => allIncidents(defender, tenantId, graphRoles))
  const merged = (await Promise.all(all)).flat().find(({ status }) => status === 'redirected')
  if (!merged) throw new Error('no customer has a merged incident')

  for (const roles of [graphRoles, defenderRoles]) {
    const { incident } = await defender.syncIncident(merged.tenantId, roles, merged.id)
    const target = await defender.syncIncident(merged.tenantId, roles, incident.redirectTo ?? '')

    expect(incident.status).toBe('redirected')
    expect(target.incident.id).toBe(merged.redirectTo)
  }
})

test('an unknown incident is not found, and an id that cannot be one is not asked for', async () => {
  const { defender, tenant, simulator } = await givenDefender()

  expect(await failureOf(defender.syncIncident(tenant.tenantId, graphRoles, '999999999'))).toMatchObject({
    code: 'not_found',
    status: 404,
  })
  simulator.control.resetRequests()
  const change = { tags: ['seen'] }
  await expect(
    defender.updateIncident(tenant.tenantId, graphRoles, '../users', change),
  ).rejects.toMatchObject({ code: 'not_found' })
  expect(simulator.control.requests()).toEqual([])
})

test('a change is written through on both surfaces, with its comment', async () => {
  const { defender, tenant } = await givenDefender()
  const all = await allIncidents(defender, tenant.tenantId, graphRoles)
  const items = all.filter(({ status }) => status === 'active')

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
    const { incident: read } = await defender.syncIncident(tenant.tenantId, graphRoles, before?.id ?? '')

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
  const incident = await someIncident(defender, tenant.tenantId, graphRoles)

  const commented = await defender.updateIncident(tenant.tenantId, graphRoles, incident.id, {
    comment: 'called the owner',
  })
  const tagged = await defender.updateIncident(tenant.tenantId, graphRoles, incident.id, {
    tags: ['called'],
  })

  expect(commented.comments.at(-1)?.comment).toBe('called the owner')
  expect(tagged.tags).toEqual(['called'])
})

test('a comment that fails after its change says that the change was made', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const incident = await someIncident(defender, tenant.tenantId, graphRoles)
  simulator.control.addFault({ service: 'graph', kind: 'internal-error', path: '/comments' })

  const failure = await failureOf(
    defender.updateIncident(tenant.tenantId, graphRoles, incident.id, {
      tags: ['kept'],
      comment: 'lost',
    }),
  )
  const { incident: read } = await defender.syncIncident(tenant.tenantId, graphRoles, incident.id)

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
  ).rejects.toMatchObject({ failure: { code: 'role_missing' } })
  expect(simulator.control.requests()).toEqual([])
})

test('an incident whose alerts the service cannot hand out comes without them', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  const incident = await someIncident(defender, tenant.tenantId, graphRoles)
  simulator.control.addFault({ service: 'graph', kind: 'internal-error', path: '$expand=alerts' })

  const read = await defender.syncIncident(tenant.tenantId, graphRoles, incident.id)

  expect(read).toMatchObject({ incident: { id: incident.id, alertCount: null }, alerts: null })
})

test('an answer that is not what the service promises is named so', async () => {
  const { defender, tenant, simulator } = await givenDefender()
  for (const body of [{ value: 'none' }, []]) {
    simulator.control.clearFaults()
    simulator.control.addFault({ service: 'graph', kind: 'status', status: 200, body })

    const failure = await failureOf(readIncidents(defender, tenant.tenantId, graphRoles))

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
    body: { value: [], '@odata.nextLink': elsewhere },
  })

  const failure = await failureOf(readIncidents(defender, tenant.tenantId, defenderRoles))

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

  const items = await allIncidents(defender, tenant.tenantId, defenderRoles)

  expect(items).toMatchObject([{ id: '12', status: 'escalated', unfamiliar: ['status: Escalated'] }])
})
