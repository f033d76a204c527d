import { expect, test } from 'vitest'
import { availableActions, toDeviceActionView } from '../../src/devices/devices.ts'
import { eventWords } from '../../src/tenants/event-words.ts'
import { admin, limitedTo, reader } from '../tenants/givens.ts'
import { analyst, comment, deviceId, devicesRoles, givenStage } from './setup.ts'

test('an action is written before the call, followed to its end, and audited', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage)

  const requested = await devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  const jobs = await stage.drain()
  const ended = await devices.action(analyst, requested.id)

  expect(toDeviceActionView(requested)).toMatchObject({
    type: 'isolate',
    status: 'pending',
    comment,
    requestedBy: 'analyst@partner.example',
    source: 'tenantry',
    remoteId: expect.any(String),
    error: null,
  })
  expect(jobs).toBeGreaterThan(0)
  expect(ended).toMatchObject({ status: 'succeeded', finishedAt: expect.any(Date) })
  expect(await stage.audited()).toEqual([
    { action: 'device.action_requested', result: 'ok', label: 'analyst@partner.example' },
    { action: 'device.action_accepted', result: 'ok', label: 'analyst@partner.example' },
    { action: 'device.action_finished', result: 'ok', label: 'Tenantry' },
  ])
})

test('the timeline of the tenant tells what was asked of its devices, and how it ended', async () => {
  const stage = await givenStage()
  const { devices, tenants, tenantId, simulator } = stage
  const id = await deviceId(stage)

  await devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  await stage.drain()
  simulator.control.failNextAction('Failed', tenantId)
  await devices.request(analyst, tenantId, id, { type: 'scan', comment })
  await stage.drain()

  const { items } = await tenants.timeline(analyst, tenantId)
  expect(items.map(({ type }) => eventWords(type).title).reverse()).toEqual([
    'Isolation requested',
    'Isolation succeeded',
    'Antivirus scan requested',
    'Antivirus scan failed',
  ])
  expect(items.at(-1)).toMatchObject({
    detail: expect.stringMatching(/: incident 4711, case 17 \(analyst@partner\.example\)$/),
    data: { deviceId: id, by: 'analyst@partner.example' },
  })
})

test('isolation shows at each step, can be taken back, and is gone then', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage)
  const state = async () => (await devices.actions(analyst, tenantId, id)).isolation?.state

  expect(await state()).toBe('not_isolated')
  await devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  expect(await state()).toBe('isolating')
  await stage.drain()
  expect(await state()).toBe('isolated')

  const { items, isolation } = await devices.actions(analyst, tenantId, id)
  expect(isolation?.state).toBe('isolated')
  expect(items).toMatchObject([{ type: 'isolate', status: 'succeeded', undo: 'release', source: 'tenantry' }])

  await devices.request(analyst, tenantId, id, { type: items[0]?.undo ?? 'scan', comment })
  expect(await state()).toBe('releasing')
  await stage.drain()
  expect(await state()).toBe('not_isolated')
})

test('what the service refuses is kept as failed with its reason, and not followed', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage)
  await devices.request(analyst, tenantId, id, { type: 'scan', comment })
  stage.jobs.length = 0

  const second = await devices.request(analyst, tenantId, id, { type: 'scan', comment: 'once more' })

  expect(toDeviceActionView(second)).toMatchObject({
    status: 'failed',
    remoteId: null,
    error: { code: 'action_in_progress', remedy: expect.any(String) },
  })
  expect(stage.jobs).toEqual([])
  expect((await stage.audited()).at(-1)).toMatchObject({ action: 'device.action_refused', result: 'refused' })
})

test('a package can be fetched once it is there, which the audit knows', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage)
  const { id: actionId } = await devices.request(analyst, tenantId, id, { type: 'collect', comment })

  const early = devices.packageUrl(analyst, tenantId, actionId)
  await expect(early).rejects.toMatchObject({ code: 'conflict' })
  await stage.drain()
  const url = await devices.packageUrl(analyst, tenantId, actionId)
  const forbidden = devices.packageUrl(reader, tenantId, actionId)

  await expect(forbidden).rejects.toMatchObject({ code: 'forbidden' })
  expect(url.protocol).toBe('https:')
  expect((await stage.audited()).at(-1)).toMatchObject({ action: 'device.package_opened' })
})

test('actions that were asked for elsewhere are listed too; when the service fails, ours still are', async () => {
  const stage = await givenStage()
  const { devices, tenantId, simulator, defender } = stage
  const id = await deviceId(stage)
  await devices.request(analyst, tenantId, id, { type: 'scan', comment })
  await defender.runDeviceAction(tenantId, await devicesRoles(stage), id, {
    type: 'collect',
    comment: 'portal',
  })

  const all = await devices.actions(analyst, tenantId, id)
  simulator.control.addFault({ service: 'endpoint', kind: 'forbidden', path: '/machineactions' })
  const ours = await devices.actions(analyst, tenantId, id)

  expect(all.items.map(({ type, source }) => [type, source])).toEqual([
    ['collect', 'elsewhere'],
    ['scan', 'tenantry'],
  ])
  expect(all.failure).toBeNull()
  expect(ours).toMatchObject({
    items: [{ type: 'scan' }],
    isolation: { state: 'not_isolated', source: 'hunting' },
    failure: { code: 'role_missing' },
  })
})

test('a missing role is said before the click, and refused before anything is written', async () => {
  const stage = await givenStage(['endpoint:Machine.Read.All', 'endpoint:Machine.Scan'])
  const { devices, tenantId, db } = stage
  const id = await deviceId(stage)

  const offered = availableActions(await devicesRoles(stage))
  const refused = devices.request(analyst, tenantId, id, { type: 'isolate', comment })

  await expect(refused).rejects.toMatchObject({ failure: { code: 'role_missing' } })
  expect(offered.map(({ type, isAllowed, missingRole }) => [type, isAllowed, missingRole])).toEqual([
    ['isolate', false, 'endpoint:Machine.Isolate'],
    ['release', false, 'endpoint:Machine.Isolate'],
    ['scan', true, null],
    ['collect', false, 'endpoint:Machine.CollectForensics'],
  ])
  expect(await db.deviceAction.count()).toBe(0)
})

test('a comment is required and bounded, and readers may not act', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage)

  for (const wrong of ['', '   ', 'x'.repeat(1001)]) {
    const refused = devices.request(analyst, tenantId, id, { type: 'scan', comment: wrong })
    await expect(refused).rejects.toMatchObject({ code: 'invalid' })
  }
  await expect(devices.request(reader, tenantId, id, { type: 'scan', comment })).rejects.toMatchObject({
    code: 'forbidden',
  })
  expect(await devices.get(reader, tenantId, id)).toMatchObject({ deviceId: id, tenantName: 'Fabrikam' })
})

test('a tenant that the actor may not see has no devices and no actions', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage)
  const { id: actionId } = await devices.request(analyst, tenantId, id, { type: 'scan', comment })
  const stranger = limitedTo('south')

  for (const asked of [
    () => devices.list(stranger, tenantId),
    () => devices.get(stranger, tenantId, id),
    () => devices.actions(stranger, tenantId, id),
    () => devices.request(stranger, tenantId, id, { type: 'scan', comment }),
    () => devices.action(stranger, actionId),
    () => devices.packageUrl(stranger, tenantId, actionId),
  ]) {
    await expect(asked()).rejects.toMatchObject({ code: 'not_found' })
  }
  expect(await devices.action(limitedTo('north'), actionId)).toMatchObject({ id: actionId })
})

test('an action of an offboarded tenant is no longer followed', async () => {
  const stage = await givenStage()
  const { devices, tenantId, tenants } = stage
  await devices.request(analyst, tenantId, await deviceId(stage), { type: 'scan', comment })

  await tenants.remove(admin, tenantId)
  await stage.drain()

  expect(stage.jobs).toEqual([])
})
