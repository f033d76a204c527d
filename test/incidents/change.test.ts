import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { createIncidents, type IncidentService } from '../../src/incidents/incidents.ts'
import type { IncidentView } from '../../src/incidents/model.ts'
import { createQueue, type Queue } from '../../src/incidents/queue/queue.ts'
import type { IncidentChange } from '../../src/microsoft/defender/index.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { createTenants } from '../../src/tenants/tenants.ts'
import { roles } from '../helpers/customers.ts'
import { givenSync, type SyncStage } from './sync/stage.ts'

const analyst: Actor = {
  kind: 'staff',
  id: 'a',
  label: 'analyst@partner.example',
  role: 'analyst',
  tenants: 'all',
}
const reader: Actor = { ...analyst, label: 'reader@partner.example', role: 'reader' }
const stranger: Actor = { ...analyst, tenants: { tags: ['south'], ids: [] } }

let stage: SyncStage
let incidents: IncidentService
let queue: Queue
let audit: Audit
/** One on Graph, one on the older interface. */
let graph: string
let xdr: string

beforeAll(async () => {
  stage = await givenSync({ cleanUp: afterAll })
  graph = await stage.connect('medium')
  xdr = await stage.connect('medium', roles.defender)
  const { db, pool, defender } = stage
  for (const tenantId of [graph, xdr]) await stage.settle(tenantId)
  audit = createAudit({ db, key: Buffer.alloc(32, 7) })
  const tenants = createTenants({ db, audit, forgetTenant: () => {} })
  const log = { error: () => {} }
  incidents = createIncidents({ db, pool, defender, tenants, audit, log, onChanged: () => {} })
  queue = createQueue({ db, defender })
})

const used = new Set<string>()

/** An active incident that no other test touches. */
async function active(tenantId = graph): Promise<IncidentView> {
  const { items } = await queue.list(analyst, { tenants: [tenantId], statuses: ['active'] }, { limit: 200 })
  const found = items.find(({ id }) => !used.has(id))
  if (!found) throw new Error('no active incident is left')
  used.add(found.id)
  return found
}

const truth = (tenantId: string, incidentId: string) =>
  stage.simulator.control.incidents(tenantId).find(({ id }) => id === incidentId)

const lastEvent = async () => (await audit.list(analyst)).items[0]

test.each(['graph', 'xdr'] as const)(
  'a change by %s is made at Microsoft, in the store and in the audit, with what was there before',
  async surface => {
    const one = await active(surface === 'graph' ? graph : xdr)
    const wanted = {
      status: 'resolved',
      assignedTo: analyst.label,
      classification: 'truePositive',
      determination: 'malware',
      tags: ['bakery', 'vip'],
    } satisfies IncidentChange

    const { incident, before } = await incidents.change(
      analyst,
      one.id,
      { ...wanted, comment: 'device reinstalled' },
      one.updatedAt,
    )

    expect(incident).toMatchObject(wanted)
    expect(before).toMatchObject({ status: 'active', assignedTo: one.assignedTo, tags: one.tags })
    expect(truth(one.tenantId, one.incidentId)).toMatchObject({
      status: 'resolved',
      assignedTo: analyst.label,
      comments: ['device reinstalled'],
    })
    const detail = await queue.get(analyst, one.id)
    expect(detail.comments.map(({ comment }) => comment)).toEqual(['device reinstalled'])
    expect(detail.activity.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toMatchObject([
      { kind: 'changed', source: 'tenantry', actor: analyst.label },
      { kind: 'commented', source: 'tenantry', actor: analyst.label, comment: 'device reinstalled' },
    ])
    expect(await lastEvent()).toMatchObject({
      action: 'incident.updated',
      target: one.id,
      result: 'ok',
      detail: { from: { status: 'active' }, to: { status: 'resolved' }, comment: 'device reinstalled' },
    })
  },
)

test('a change made meanwhile in the portal is shown with both versions, and not overwritten', async () => {
  const one = await active()
  stage.simulator.control.changeIncident(graph, one.incidentId, { assignedTo: 'soc@bakery.example' })

  const stale = incidents.change(analyst, one.id, { assignedTo: analyst.label }, one.updatedAt)

  await expect(stale).rejects.toMatchObject({
    code: 'changed_upstream',
    details: {
      known: { assignedTo: one.assignedTo, updatedAt: one.updatedAt },
      current: { assignedTo: 'soc@bakery.example' },
    },
  })
  expect(truth(graph, one.incidentId)?.assignedTo).toBe('soc@bakery.example')
  const [seen] = (await queue.list(analyst, { ids: [one.id] })).items
  expect(seen?.assignedTo).toBe('soc@bakery.example')

  const mine = await incidents.change(analyst, one.id, { assignedTo: analyst.label }, seen?.updatedAt ?? null)
  expect(mine.incident.assignedTo).toBe(analyst.label)
})

test('a write whose answer was lost is read back, and found to have happened', async () => {
  const { control } = stage.simulator
  const one = await active()
  control.addFault({ service: 'graph', tenantId: graph, kind: 'lost-answer', method: 'PATCH', times: 1 })

  const { incident } = await incidents.change(analyst, one.id, { status: 'inProgress' }, one.updatedAt)

  expect(incident.status).toBe('inProgress')
  expect(await lastEvent()).toMatchObject({ target: one.id, result: 'ok' })
})

test('a comment whose answer was lost is there once', async () => {
  const { control } = stage.simulator
  const one = await active()
  control.addFault({ service: 'graph', tenantId: graph, kind: 'lost-answer', method: 'POST', times: 1 })

  await incidents.change(analyst, one.id, { comment: 'once' }, null)

  expect(truth(graph, one.incidentId)?.comments).toEqual(['once'])
})

test('a write that did not happen is told as failed, and nothing is pretended', async () => {
  const { control } = stage.simulator
  const one = await active()
  control.addFault({ service: 'graph', tenantId: graph, kind: 'reset', method: 'PATCH' })

  const failed = incidents.change(analyst, one.id, { status: 'resolved' }, null)

  await expect(failed).rejects.toMatchObject({
    failure: { code: 'reset', message: expect.stringContaining('does not show the whole change') },
  })
  control.clearFaults()
  expect(await lastEvent()).toMatchObject({ target: one.id, result: 'failed' })
  const [seen] = (await queue.list(analyst, { ids: [one.id] })).items
  expect(seen?.status).toBe('active')
})

test('while nothing can be read back, it is said that the outcome is not known', async () => {
  const { control } = stage.simulator
  const one = await active()
  control.addFault({ service: 'graph', tenantId: graph, kind: 'lost-answer', method: 'PATCH', times: 1 })
  // The read before the write gets through.
  let reads = 0
  const { defender, db, pool } = stage
  const flaky = {
    ...defender,
    syncIncident: (...args: Parameters<typeof defender.syncIncident>) => {
      if (reads++ === 1) control.addFault({ service: 'graph', tenantId: graph, kind: 'reset', method: 'GET' })
      return defender.syncIncident(...args)
    },
  }
  const tenants = createTenants({ db, audit, forgetTenant: () => {} })
  const log = { error: () => {} }
  const service = createIncidents({ db, pool, defender: flaky, tenants, audit, log, onChanged: () => {} })

  const unknown = service.change(analyst, one.id, { status: 'resolved' }, null)

  await expect(unknown).rejects.toMatchObject({
    failure: { message: expect.stringContaining('is not known'), permanent: false },
  })
  control.clearFaults()
  await stage.settle(graph)
  const [seen] = (await queue.list(analyst, { ids: [one.id] })).items
  expect(seen?.status).toBe('resolved')
})

test('what Microsoft refuses is told and audited as failed', async () => {
  const one = await active()
  stage.simulator.control.addFault({
    service: 'graph',
    tenantId: graph,
    kind: 'forbidden',
    method: 'PATCH',
    times: 1,
  })

  const refused = incidents.change(analyst, one.id, { status: 'resolved' }, null)

  await expect(refused).rejects.toMatchObject({ failure: { code: 'role_missing' } })
  expect(await lastEvent()).toMatchObject({ action: 'incident.updated', result: 'failed', target: one.id })
})

test('the severity is set where the interface takes it, and refused beforehand where it does not', async () => {
  const [onGraph, onXdr] = [await active(graph), await active(xdr)]

  const changed = await incidents.change(analyst, onGraph.id, { severity: 'low' }, null)
  const refused = incidents.change(analyst, onXdr.id, { severity: 'low' }, null)

  expect(changed.incident.severity).toBe('low')
  await expect(refused).rejects.toMatchObject({ code: 'invalid' })
})

test('an incident that was merged leads to its target instead of being changed', async () => {
  const [one, into] = [await active(), await active()]
  stage.simulator.control.mergeIncident(graph, one.incidentId, into.incidentId)

  const refused = incidents.change(analyst, one.id, { status: 'resolved' }, null)

  await expect(refused).rejects.toMatchObject({ code: 'conflict', details: { mergedInto: into.id } })
  expect((await queue.get(analyst, one.id)).mergedInto).toBe(into.id)
})

test('an incident that Microsoft deleted is marked as soon as somebody wants to change it', async () => {
  const one = await active()
  stage.simulator.control.deleteIncident(graph, one.incidentId)

  const refused = incidents.change(analyst, one.id, { status: 'resolved' }, null)

  await expect(refused).rejects.toMatchObject({ failure: { code: 'not_found' } })
  expect((await queue.get(analyst, one.id)).deletedAt).not.toBeNull()
})

test('many incidents of several tenants are changed each for itself', async () => {
  const [first, second, third] = [await active(graph), await active(xdr), await active(graph)]
  stage.simulator.control.deleteIncident(graph, third.incidentId)
  const ids = [first.id, second.id, third.id, first.id, 'nonsense', `${graph}:1`]
  const told: string[] = []

  const results = await incidents.changeMany(analyst, ids, { assignedTo: analyst.label }, one =>
    told.push(one.id),
  )

  expect(results.map(({ id, ok }) => [id, ok])).toEqual([
    [first.id, true],
    [second.id, true],
    [third.id, false],
    [first.id, true],
    ['nonsense', false],
    [`${graph}:1`, false],
  ])
  expect(results[0]).toMatchObject({
    incident: { assignedTo: analyst.label },
    before: { assignedTo: first.assignedTo },
  })
  expect(results[2]).toMatchObject({ error: { code: 'not_found', remedy: expect.any(String) } })
  expect(told.toSorted()).toEqual([...new Set(ids)].toSorted())
})

test('readers do not triage, and what one may not see is not found', async () => {
  const one = await active()
  const wanted = { status: 'resolved' } as const

  await expect(incidents.change(reader, one.id, wanted, null)).rejects.toMatchObject({ code: 'forbidden' })
  await expect(incidents.changeMany(reader, [one.id], wanted)).rejects.toMatchObject({ code: 'forbidden' })
  await expect(incidents.change(stranger, one.id, wanted, null)).rejects.toMatchObject({ code: 'not_found' })
  expect(await incidents.changeMany(stranger, [one.id], wanted)).toMatchObject([
    { ok: false, error: { code: 'not_found' } },
  ])
  expect(truth(graph, one.incidentId)?.status).toBe('active')
})

test('the incident of an alert is found in the store', async () => {
  const one = await active()
  const { alerts } = await queue.get(analyst, one.id)

  const found = await incidents.ofAlert(analyst, graph, alerts?.[0]?.id ?? '')

  expect(found).toEqual({ tenantId: graph, incidentId: one.incidentId })
  await expect(incidents.ofAlert(stranger, graph, alerts?.[0]?.id ?? '')).rejects.toMatchObject({
    code: 'not_found',
  })
})
