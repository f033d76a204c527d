import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Act, acts } from '../../src/tenants/permissions.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn } from '../helpers/staff.ts'

let running: RunningApp
let api: Api
let staff: Staff
let customers: Customers
let tenantId: string
const ids = new Map<string, string>()

beforeAll(async () => {
  running = await startApp({ tenants: 40, remote: { random: () => 0 } })
  api = await apiOf(running, 'admin')
  staff = await signedIn(running)
  customers = customersOf(running)
  tenantId = (await customers.connected()).tenantId
})
afterAll(() => running?.close())

const query = { name: 'Devices', query: 'DeviceInfo | take 5' }

async function made(path: string, body: unknown): Promise<string> {
  const answer = await api('POST', path, body)
  expect(answer, answer.text).toMatchObject({ status: expect.toSatisfy(status => status < 300) })
  return answer.body.id
}

/** Acts that only look, or that are asked within the route of another. */
const reads: Act[] = acts.filter(act => act.endsWith('.read') || act === 'invitation.read-links')
const within: Act[] = ['view.manage', 'query.manage', 'schedule.manage', 'rule.manage', 'invitation.confirm']

/** Two people are needed, a session ends, or a backup was restored: tests of their own look at their events. */
const elsewhere: Act[] = ['audit.acknowledge', 'approval.decide', 'session.own']

/** Does each act once. @returns the event that it must leave */
const doings: Partial<Record<Act, () => Promise<string>>> = {
  'tenant.verify': async () => {
    await api('POST', `/tenants/${tenantId}/verification`)
    return 'tenant.verified_on_demand'
  },
  'tenant.connect': async () => {
    const { tenantId: tenant, name } = customers.consented()
    await api('POST', '/tenants', { tenant, name })
    return 'tenant.connected'
  },
  'tenant.write': async () => {
    await staff.send(`/tenants/${tenantId}`, `/tenants/${tenantId}/details`, { tags: 'seen' })
    return 'tenant.tags_changed'
  },
  'invitation.create': async () => {
    ids.set('invitation', await made('/invitations', { customerName: 'Fabrikam' }))
    return 'invitation.created'
  },
  'invitation.write': async () => {
    await api('POST', `/invitations/${ids.get('invitation')}/revocation`)
    return 'invitation.revoked'
  },
  'incident.write': async () => {
    const [incident] = running.simulator.control.incidents(tenantId)
    const id = await running.services.incidents.ensureStored(administrator, tenantId, incident?.id ?? '')
    await api('PATCH', `/incidents/${id}`, { tags: ['audited'] }, { 'if-match': '*' })
    return 'incident.updated'
  },
  'view.share': async () => {
    await staff.send('/incidents', '/incidents/views', {
      name: 'Mine',
      query: 'severity=high',
      shared: 'yes',
    })
    return 'view.saved'
  },
  'sighting.ignore': async () => {
    await running.services.ignoredIndicators.add(administrator, {
      kind: 'domain',
      pattern: 'partner.example',
      note: '',
    })
    return 'sighting.ignored'
  },
  'device.act': async () => {
    const { body } = await api('GET', `/tenants/${tenantId}/devices?healthStatus=active&limit=1`)
    const path = `/tenants/${tenantId}/devices/${body.items[0].deviceId}/actions`
    await api('POST', path, { type: 'scan', comment: 'A test' })
    return 'device.action_requested'
  },
  'hunt.run': async () => {
    ids.set('hunt', await made('/hunts', { query: query.query, tenants: [tenantId] }))
    return 'hunt.created'
  },
  'query.write': async () => {
    ids.set('query', await made('/queries', query))
    return 'query.created'
  },
  'schedule.write': async () => {
    const timing = { cron: '0 6 * * *', timeZone: 'UTC', tenants: [tenantId] }
    await made('/schedules', { name: 'Daily', queryId: ids.get('query'), ...timing })
    return 'schedule.created'
  },
  'rule.write': async () => {
    await made('/notification-rules', { name: 'All', targets: [{ kind: 'console', address: 'owner' }] })
    return 'rule.created'
  },
  'webhook.manage': async () => {
    await made('/webhooks', { name: 'Tickets', url: 'https://hooks.partner.example/x' })
    return 'webhook.created'
  },
  'audit.verify': async () => {
    expect((await api('POST', '/audit/verification')).body).toMatchObject({ intact: true, firstBroken: null })
    return 'audit.verified'
  },
  'activity.share': async () => {
    const page = `/tenants/${tenantId}/activity-links`
    await staff.send(page, page, { days: '30' })
    return 'activity.link-created'
  },
  'key.manage': async () => {
    await running.apiKey('reader')
    return 'api-key.created'
  },
  'staff.manage': async () => {
    const [member] = await running.services.members.list(administrator)
    await running.services.members.limit(administrator, member?.objectId ?? '', { tags: ['north'], ids: [] })
    return 'staff.limited'
  },
  'tenant.suspend': async () => {
    await api('PUT', `/tenants/${tenantId}/suspension`, { reason: 'A test' })
    await api('DELETE', `/tenants/${tenantId}/suspension`)
    return 'suspension.started'
  },
  'tenant.offboard': async () => {
    await api('DELETE', `/tenants/${tenantId}`)
    return 'tenant.offboarded'
  },
}

test('every act either only looks, is asked within another, or is done here', () => {
  const known = new Set([...reads, ...within, ...elsewhere, ...Object.keys(doings)])

  expect(acts.filter(act => !known.has(act))).toEqual([])
})

test.each(Object.entries(doings))('%s leaves an event', async (_act, act) => {
  const before = await running.database.db.auditEvent.count()

  const action = await act()

  const events = await running.database.db.auditEvent.findMany({ skip: before, orderBy: { id: 'asc' } })
  expect(events.map(event => event.action)).toContain(action)
})

test('what came from a request carries its address and id, the rest says where it came from', async () => {
  const events = await running.database.db.auditEvent.findMany({ where: { shape: 2 } })
  const byKey = events.filter(({ actorKind }) => actorKind === 'api-key')

  expect(events.filter(({ actorKind, address }) => actorKind === 'system' && address === null)).toEqual([])
  expect(byKey.length).toBeGreaterThan(5)
  expect(byKey.filter(({ address, requestId }) => address !== '127.0.0.1' || !requestId)).toEqual([])
})

test('refusals, keys in use, failed sign-ins, reads and exports leave one event each', async () => {
  const reader = await apiOf(running, 'reader')
  for (let count = 0; count < 3; count += 1) {
    await reader('POST', '/invitations', { customerName: 'Refused' })
    await fetch(`${running.url}/api/v1/tenants`, { headers: { authorization: 'Bearer tnt_wrong' } })
    await fetch(`${running.url}/auth/callback?code=c&state=s`)
    await reader('GET', `/hunts/${ids.get('hunt')}`)
  }
  const events = async (action: string) =>
    await running.database.db.auditEvent.findMany({ where: { action }, orderBy: { id: 'asc' } })

  expect(await events('act.refused')).toMatchObject([
    {
      actorKind: 'api-key',
      result: 'refused',
      target: 'POST /api/v1/invitations',
      detail: { act: 'invitation.create' },
    },
  ])
  expect(await events('api-key.refused')).toMatchObject([
    { actorLabel: 'unknown API key', result: 'refused', address: expect.stringMatching(/127\.0\.0\.1|::1/) },
  ])
  expect(await events('staff.sign-in-failed')).toHaveLength(1)
  expect((await events('api-key.used')).map(({ actorLabel }) => actorLabel)).toContain('reader key')
})

test('an export is recorded with its number of rows, and can be filtered', async () => {
  const all = await api('GET', '/audit/export')
  const some = await api('GET', '/audit/export?format=csv&action=hunt.created')
  const list = await api(
    'GET',
    `/audit?actor=${encodeURIComponent('admin key')}&result=ok&search=hunt&since=2020-01-01T00:00:00Z`,
  )

  const rows = all.text.trim().split('\n')
  expect(JSON.parse(rows[0] ?? '')).toMatchObject({
    id: expect.any(String),
    actor: { kind: expect.any(String) },
  })
  expect(some.text.trim().split('\r\n')).toHaveLength(2)
  expect(list.body.items.length).toBeGreaterThan(0)
  const exported = () =>
    running.database.db.auditEvent.findMany({
      where: { action: 'audit.exported' },
      orderBy: { id: 'asc' },
    })
  await expect
    .poll(exported)
    .toMatchObject([
      { detail: { format: 'ndjson', rowCount: rows.length, isComplete: true } },
      { detail: { format: 'csv', rowCount: 1 } },
    ])
})
