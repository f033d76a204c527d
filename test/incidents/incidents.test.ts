import { expect, test } from 'vitest'
import { createIncidents } from '../../src/incidents/incidents.ts'
import { readIncidentId, writeIncidentId } from '../../src/incidents/view.ts'
import { analyst, givenStage } from '../devices/setup.ts'
import { limitedTo, reader } from '../tenants/givens.ts'

async function givenIncidents() {
  const stage = await givenStage()
  const { defender, tenants, audit } = stage
  const incidents = createIncidents({ defender, tenants, audit })
  const { items } = await incidents.listLive(reader, stage.tenantId, { status: 'active', limit: 5 })
  const [first] = items
  if (!first) throw new Error('the tenant has no active incident')
  return { ...stage, incidents, first }
}

test('a tenant’s incidents are listed in the shape of the contract', async () => {
  const { first, tenantId } = await givenIncidents()

  expect(first).toMatchObject({
    id: `${tenantId}:${first.incidentId}`,
    tenantId,
    tenantName: 'Fabrikam',
    incidentId: expect.stringMatching(/^\d+$/),
    status: 'active',
    tags: expect.any(Array),
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
    webUrl: expect.stringMatching(/^https:/),
  })
  expect(first).not.toHaveProperty('alerts')
})

test('one incident comes with its alerts and what they are about', async () => {
  const { incidents, first, tenantId } = await givenIncidents()

  const incident = await incidents.getLive(reader, tenantId, first.incidentId)

  expect(incident.alerts?.length).toBe(incident.alertCount)
  expect(incident.alerts?.flatMap(({ evidence }) => evidence).length).toBeGreaterThan(0)
})

test('a change is written through and audited with what was there before', async () => {
  const { incidents, first, tenantId, audit } = await givenIncidents()

  const changed = await incidents.update(
    analyst,
    tenantId,
    first.incidentId,
    { status: 'inProgress', assignedTo: analyst.label, comment: 'looking' },
    first.updatedAt,
  )

  expect(changed).toMatchObject({ status: 'inProgress', assignedTo: analyst.label })
  const [event] = (await audit.list(analyst)).items
  expect(event).toMatchObject({
    action: 'incident.updated',
    target: first.id,
    result: 'ok',
    detail: {
      from: { status: 'active', assignedTo: first.assignedTo },
      to: { status: 'inProgress', assignedTo: analyst.label },
      comment: 'looking',
    },
  })
})

test('a change on what was changed at Microsoft since is refused', async () => {
  const { incidents, first, tenantId, defender, tenants } = await givenIncidents()
  const { rolesGranted } = await tenants.get(analyst, tenantId)
  await defender.updateIncident(tenantId, rolesGranted, first.incidentId, { tags: ['portal'] })

  const stale = incidents.update(analyst, tenantId, first.incidentId, { tags: ['ours'] }, first.updatedAt)

  await expect(stale).rejects.toMatchObject({ code: 'changed_upstream' })
  const read = await incidents.getLive(analyst, tenantId, first.incidentId)
  expect(read.tags).toEqual(['portal'])
})

test('a change that the service refuses is audited as failed', async () => {
  const { incidents, first, tenantId, simulator, audited } = await givenIncidents()
  simulator.control.removeRoles(tenantId, ['graph:SecurityIncident.ReadWrite.All'])
  simulator.control.grantConsent(tenantId, ['graph:SecurityIncident.Read.All'])
  simulator.control.addFault({ service: 'graph', kind: 'unauthorized', times: 1 })

  const refused = incidents.update(analyst, tenantId, first.incidentId, { status: 'resolved' })

  await expect(refused).rejects.toMatchObject({ failure: { code: 'role_missing' } })
  expect((await audited()).at(-1)).toMatchObject({ action: 'incident.updated', result: 'failed' })
})

test('readers look but do not triage, and what one may not see is not found', async () => {
  const { incidents, first, tenantId } = await givenIncidents()
  const stranger = limitedTo('south')
  const change = { status: 'resolved' } as const

  await expect(incidents.update(reader, tenantId, first.incidentId, change)).rejects.toMatchObject({
    code: 'forbidden',
  })
  await expect(incidents.listLive(stranger, tenantId)).rejects.toMatchObject({ code: 'not_found' })
  await expect(incidents.getLive(stranger, tenantId, first.incidentId)).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(incidents.update(stranger, tenantId, first.incidentId, change)).rejects.toMatchObject({
    code: 'not_found',
  })
})

test('ids are written and read back, and nothing else is taken for one', () => {
  const tenantId = '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'

  expect(readIncidentId(writeIncidentId(tenantId, '4711'))).toEqual({ tenantId, incidentId: '4711' })
  for (const wrong of ['4711', `${tenantId}:x`, `${tenantId}:1:2`, ':1', `x${tenantId}:1`])
    expect(readIncidentId(wrong)).toBeNull()
})
