import { expect, test } from 'vitest'
import { administrator, roles } from '../helpers/customers.ts'
import { openEvents } from '../helpers/events.ts'
import { asAnalyst, connected, list, running, tenant, useIncidentApi } from '../helpers/incident-api.ts'

useIncidentApi()

test.each(['graph', 'defender'] as const)('a change is written through to Microsoft by %s', async surface => {
  const customer = await connected(roles[surface])
  const { body } = await list(`tenant=${customer.tenantId}&status=active&limit=1`)
  const read = await asAnalyst('GET', `/incidents/${body.items[0].id}`)
  const change = {
    status: 'inProgress',
    assignedTo: 'analyst@partner.example',
    classification: 'truePositive',
    determination: 'malware',
    comment: 'looked at it',
  }

  const changed = await asAnalyst('PATCH', `/incidents/${body.items[0].id}`, change, {
    'if-match': read.headers.get('etag') ?? '',
  })

  const { comment, ...fields } = change
  expect(changed).toMatchObject({ status: 200, body: fields })
  expect(changed.headers.get('etag')).toBe(`"${changed.body.updatedAt}"`)
  const after = await asAnalyst('GET', `/incidents/${body.items[0].id}`)
  expect(after.body).toMatchObject(fields)
  expect(after.body.comments.map((one: { comment: string }) => one.comment)).toContain(comment)
})

test('a change on an old version is refused, one without a version too, and a star takes any', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&status=active&limit=1`)
  const path = `/incidents/${body.items[0].id}`
  const read = await asAnalyst('GET', path)
  const etag = read.headers.get('etag') ?? ''
  const first = await asAnalyst('PATCH', path, { tags: ['first'] }, { 'if-match': etag })

  const stale = await asAnalyst('PATCH', path, { tags: ['second'] }, { 'if-match': etag })
  const blind = await asAnalyst('PATCH', path, { tags: ['third'] })
  const any = await asAnalyst('PATCH', path, { tags: ['fourth'] }, { 'if-match': '*' })

  expect(first.status).toBe(200)
  expect(stale).toMatchObject({
    status: 412,
    body: {
      code: 'changed_upstream',
      updatedAt: first.body.updatedAt,
      current: { tags: ['first'] },
      known: { tags: ['first'] },
    },
  })
  expect(blind).toMatchObject({ status: 428, body: { code: 'precondition_required' } })
  expect(any).toMatchObject({ status: 200, body: { tags: ['fourth'] } })
})

test('many incidents are changed in one request, with a result for each', async () => {
  const other = await connected()
  const ids: string[] = []
  for (const { tenantId } of [tenant, other])
    ids.push((await list(`tenant=${tenantId}&status=active&limit=1`)).body.items[0].id)

  const answer = await asAnalyst('POST', '/incidents/changes', {
    ids: [...ids, `${tenant.tenantId}:1`],
    change: { assignedTo: 'analyst@partner.example' },
  })
  const none = await asAnalyst('POST', '/incidents/changes', { ids: [], change: { status: 'resolved' } })

  expect(answer.status).toBe(200)
  expect(answer.body.results).toMatchObject([
    { id: ids[0], ok: true, incident: { assignedTo: 'analyst@partner.example' } },
    { id: ids[1], ok: true, incident: { assignedTo: 'analyst@partner.example' } },
    { id: `${tenant.tenantId}:1`, ok: false, error: { code: 'not_found', remedy: expect.any(String) } },
  ])
  expect(none).toMatchObject({ status: 422, body: { code: 'invalid' } })
})

test('new and changed incidents arrive as events, of what one may see alone', async () => {
  const other = await connected()
  await running.services.tenants.change(administrator, other.tenantId, { tags: ['events'] })
  const [all, limited] = await Promise.all([openEvents(running), openEvents(running, ['events'])])
  const { control } = running.simulator
  const { incidentId, id } = (await list(`tenant=${tenant.tenantId}&status=active&limit=1`)).body.items[0]

  const raised = control.raiseIncident(other.tenantId)
  control.changeIncident(tenant.tenantId, incidentId, { customTags: ['seen'] })
  await running.services.sync.wake([tenant.tenantId, other.tenantId])

  const created = { id: `${other.tenantId}:${raised.id}`, tenantId: other.tenantId, kind: 'created' }
  await expect
    .poll(() => all.heard)
    .toEqual(
      expect.arrayContaining([
        { ...created, updatedAt: expect.stringMatching(/Z$/) },
        { id, tenantId: tenant.tenantId, kind: 'updated', updatedAt: expect.stringMatching(/Z$/) },
      ]),
    )
  await expect.poll(() => limited.heard).toEqual(expect.arrayContaining([expect.objectContaining(created)]))
  expect(limited.heard.every(({ tenantId }) => tenantId === other.tenantId)).toBe(true)
  await Promise.all([all.close(), limited.close()])
})

test('an id that cannot be, an unknown incident and a change of nothing are told apart', async () => {
  const { body } = await list(`tenant=${tenant.tenantId}&limit=1`)

  const strange = await asAnalyst('GET', '/incidents/4711')
  const unknown = await asAnalyst('GET', `/incidents/${tenant.tenantId}:99999999`)
  const nothing = await asAnalyst('PATCH', `/incidents/${body.items[0].id}`, {}, { 'if-match': '*' })
  const misfit = await asAnalyst(
    'PATCH',
    `/incidents/${body.items[0].id}`,
    { classification: 'falsePositive', determination: 'malware' },
    { 'if-match': '*' },
  )

  expect(strange).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(unknown).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(nothing).toMatchObject({ status: 422, body: { code: 'invalid' } })
  expect(misfit).toMatchObject({ status: 422, body: { code: 'invalid' } })
})
