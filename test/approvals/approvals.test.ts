import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../src/tenants/actor.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'
import { signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let customers: Customers
let asker: Api
let second: Api
/** Somebody who signed in: keys stop when whoever made them is not known. */
let person: Actor

beforeAll(async () => {
  running = await startApp({
    tenants: 30,
    settings: { TENANTRY_TWO_PERSON: 'device.isolate, incident.bulk, tenant.offboard, staff.grant' },
  })
  customers = customersOf(running)
  asker = await apiOf(running, 'admin')
  second = await apiOf(running, 'admin')
  await signedIn(running)
  const username = 'admin@partner.example'
  const { objectId } = await running.database.db.staffMember.findFirstOrThrow({ where: { username } })
  person = { ...administrator, id: objectId }
})

afterAll(() => running?.close())

const approve = (api: Api, id: string, comment = 'seen') =>
  api('POST', `/approvals/${id}/decision`, { approve: true, comment })

async function askedToOffboard() {
  const customer = await customers.connected()
  const { status, body, headers } = await asker('DELETE', `/tenants/${customer.tenantId}`)
  return { customer, status, approval: body, headers }
}

const isThere = async (tenantId: string) => (await second('GET', `/tenants/${tenantId}`)).status === 200

async function devices(tenantId: string) {
  const { items } = await running.services.devices.list(administrator, tenantId, { limit: 2 })
  return items.map(({ deviceId }) => deviceId)
}

const isolation = { type: 'isolate', comment: 'case 17' }

test('an act that waits is answered with 202 and not done, until a second person approves', async () => {
  const { customer, status, approval, headers } = await askedToOffboard()

  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`/api/v1/approvals/${approval.id}`)
  expect(approval).toMatchObject({
    act: 'tenant.offboard',
    summary: `Offboard ${customer.name}`,
    status: 'waiting',
    tenantIds: [customer.tenantId],
    isOwn: true,
    canDecide: false,
  })
  expect(await isThere(customer.tenantId)).toBe(true)
  expect((await second('GET', '/approvals?status=waiting')).body.items).toMatchObject([
    { id: approval.id, isOwn: false, canDecide: true },
  ])

  const decided = await approve(second, approval.id)

  expect(decided).toMatchObject({ status: 200, body: { status: 'done', comment: 'seen' } })
  expect(await isThere(customer.tenantId)).toBe(false)
  const { body } = await second('GET', `/audit?tenant=${customer.tenantId}&limit=4`)
  expect(body.items.map(({ action }: { action: string }) => action)).toEqual([
    'approval.executed',
    'tenant.offboarded',
    'approval.granted',
    'approval.requested',
  ])
  expect(body.items[0]).toMatchObject({ detail: { askedBy: 'admin key', approvedBy: 'admin key' } })
})

test('a device is isolated as it was asked for, once, however often and by how many it is approved', async () => {
  const { tenantId } = await customers.connected()
  const [device] = await devices(tenantId)
  const third = await apiOf(running, 'admin')
  const asked = await asker('POST', `/tenants/${tenantId}/devices/${device}/actions`, isolation)
  expect(asked.status).toBe(202)
  expect(await running.database.db.deviceAction.count({ where: { tenantId } })).toBe(0)

  const decisions = await Promise.all([approve(second, asked.body.id), approve(third, asked.body.id)])
  const again = await approve(second, asked.body.id)

  expect(decisions.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(again.status).toBe(409)
  const rows = await running.database.db.deviceAction.findMany({ where: { tenantId } })
  expect(rows).toMatchObject([
    { deviceId: device, type: 'isolate', comment: 'case 17', requestedBy: 'admin key' },
  ])
})

test('a release is not held up: only what the setting names waits', async () => {
  const { tenantId } = await customers.connected()
  const [device] = await devices(tenantId)

  const { body } = await asker('POST', `/tenants/${tenantId}/devices/${device}/actions`, {
    type: 'scan',
    comment: 'case 17',
  })

  expect(body).toMatchObject({ type: 'scan', status: expect.stringMatching(/pending|in_progress|succeeded/) })
})

test('many incidents wait, one does not', async () => {
  const { tenantId } = await customers.connected()
  const ids = [`${tenantId}:1`, `${tenantId}:2`]

  const many = await asker('POST', '/incidents/changes', { ids, change: { status: 'resolved' } })
  const one = await asker('POST', '/incidents/changes', { ids: ids.slice(1), change: { status: 'resolved' } })

  expect(many).toMatchObject({ status: 202, body: { request: { ids, change: { status: 'resolved' } } } })
  expect(one.status).toBe(200)
})

test('nobody approves what they asked for themselves, nor does a key of theirs', async () => {
  const { apiKeys } = running.services
  const { customer, approval } = await askedToOffboard()
  expect(await approve(asker, approval.id)).toMatchObject({ status: 403, body: { code: 'forbidden' } })

  const { key } = await apiKeys.create(person, { name: 'mine', role: 'admin' })
  const keyActor = await apiKeys.actorOf(key, { address: '127.0.0.1', requestId: null })
  const ofKey = await apiKeys.create(keyActor, { name: 'of my key', role: 'admin' })
  const other = await customers.connected()
  const { details } = await running.services.tenants
    .remove(person, other.tenantId)
    .then(() => ({ details: null }))
    .catch(error => error)

  for (const actor of [
    person,
    keyActor,
    await apiKeys.actorOf(ofKey.key, { address: '127.0.0.1', requestId: null }),
  ]) {
    const refused = running.services.approvals.decide(actor, details.approval.id, {
      approve: true,
      comment: '',
    })
    await expect(refused, actor.label).rejects.toMatchObject({ code: 'forbidden' })
  }
  expect(await isThere(other.tenantId)).toBe(true)
  expect(await isThere(customer.tenantId)).toBe(true)
})

test('who could not do it cannot decide, and who may not see the tenant finds nothing', async () => {
  const { approval } = await askedToOffboard()
  const [analyst, reader, limited] = await Promise.all([
    apiOf(running, 'analyst'),
    apiOf(running, 'reader'),
    apiOf(running, 'admin', ['elsewhere']),
  ])

  expect((await approve(reader, approval.id)).status).toBe(403)
  for (const api of [analyst, limited]) {
    expect((await approve(api, approval.id)).status).toBe(404)
    expect((await api('GET', `/approvals/${approval.id}`)).status).toBe(404)
    expect((await api('GET', '/approvals')).text).not.toContain(approval.id)
  }
})

test('requests are listed newest first', async () => {
  const asked = [await askedToOffboard(), await askedToOffboard(), await askedToOffboard()]

  const { body } = await second('GET', '/approvals?limit=3')

  expect(body.items.map(({ id }: { id: string }) => id)).toEqual(
    asked.map(({ approval }) => approval.id).reverse(),
  )
})

test('after an hour it is over', async () => {
  const { customer, approval } = await askedToOffboard()
  expect(Date.parse(approval.expiresAt) - Date.parse(approval.askedAt)).toBe(3_600_000)
  await running.database.db.approval.update({
    where: { id: approval.id },
    data: { expiresAt: new Date(Date.now() - 1) },
  })

  const late = await approve(second, approval.id)
  await running.services.approvals.expireAndResume()

  expect(late).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect((await asker('GET', `/approvals/${approval.id}`)).body.status).toBe('expired')
  expect(await isThere(customer.tenantId)).toBe(true)
})

test('what was changed in the database meanwhile is not done', async () => {
  const { customer, approval } = await askedToOffboard()
  const victim = await customers.connected()
  await running.database.db.approval.update({
    where: { id: approval.id },
    data: { request: { tenantId: victim.tenantId } },
  })

  const decided = await approve(second, approval.id)

  expect(decided.body).toMatchObject({ status: 'failed', error: { code: 'conflict' } })
  expect(await isThere(victim.tenantId)).toBe(true)
  expect(await isThere(customer.tenantId)).toBe(true)
})

test('whoever asked must still be allowed to when it is done', async () => {
  const { apiKeys } = running.services
  const { key, view } = await apiKeys.create(person, { name: 'leaving', role: 'admin' })
  const { tenantId } = await customers.connected()
  const answer = await fetch(`${running.url}/api/v1/tenants/${tenantId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${key}` },
  })
  const { id } = (await answer.json()) as { id: string }
  await apiKeys.revoke(person, view.id)

  const decided = await approve(second, id)

  expect(decided.body).toMatchObject({ status: 'failed', error: { code: 'forbidden' } })
  expect(await isThere(tenantId)).toBe(true)
})

test('it can be rejected, and taken back by whoever asked', async () => {
  const one = await askedToOffboard()
  const two = await askedToOffboard()

  const rejected = await second('POST', `/approvals/${one.approval.id}/decision`, {
    approve: false,
    comment: 'wrong customer',
  })
  const foreign = await second('POST', `/approvals/${two.approval.id}/withdrawal`)
  const withdrawn = await asker('POST', `/approvals/${two.approval.id}/withdrawal`)

  expect(rejected.body).toMatchObject({ status: 'rejected', comment: 'wrong customer' })
  expect(foreign.status).toBe(403)
  expect(withdrawn.body.status).toBe('withdrawn')
  expect((await approve(second, two.approval.id)).status).toBe(409)
  expect(await isThere(one.customer.tenantId)).toBe(true)
  expect(await isThere(two.customer.tenantId)).toBe(true)
})

test('a process that dies after the approval loses nothing and doubles nothing', async () => {
  const { db } = running.database
  const longAgo = new Date(Date.now() - 3_600_000)
  const decider = await running.services.apiKeys.create(person, { name: 'decider', role: 'admin' })
  const decided = { deciderKind: 'api-key', deciderId: decider.view.id, deciderLabel: 'decider' }
  const one = await askedToOffboard()
  const two = await askedToOffboard()
  const approved = { status: 'approved', decidedAt: longAgo, ...decided }
  await db.approval.update({ where: { id: one.approval.id }, data: approved })
  await db.approval.update({
    where: { id: two.approval.id },
    data: { ...approved, status: 'running', startedAt: longAgo },
  })

  await running.services.approvals.expireAndResume()

  expect(await isThere(one.customer.tenantId)).toBe(false)
  expect(await isThere(two.customer.tenantId)).toBe(true)
  expect((await asker('GET', `/approvals/${two.approval.id}`)).body).toMatchObject({
    status: 'failed',
    error: { code: 'interrupted' },
  })
})

test('on the pages one person asks and another approves', async () => {
  const { tenantId, name } = await customers.connected()
  const { approval } = { approval: await asker('DELETE', `/tenants/${tenantId}`) }
  const staff = await signedIn(running)

  const page = words((await staff.get('/approvals')).text)
  const done = await staff.send('/approvals', `/approvals/${approval.body.id}/decision`, {
    decision: 'approve',
    comment: 'as agreed',
  })

  expect(page).toContain(`Offboard ${name}`)
  expect(page).toContain('Approve')
  expect(words(done.text)).toContain('Approved, and done.')
  expect(await isThere(tenantId)).toBe(false)

  const other = await customers.connected()
  const asked = await staff.send(
    `/tenants/${other.tenantId}/offboarding`,
    `/tenants/${other.tenantId}/offboarding`,
    {
      name: other.name,
    },
  )
  expect(words(asked.text)).toContain('waits for a second person')
  expect(words(asked.text)).toContain('Withdraw')
  expect(await isThere(other.tenantId)).toBe(true)
  const { body } = await second('GET', '/notifications')
  expect(body.items[0]).toMatchObject({ kind: 'approval', href: '/approvals' })
})
