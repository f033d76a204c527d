import { expect, test } from 'vitest'
import { toDeviceActionView } from '../../src/devices/devices.ts'
import { lostAfterMs } from '../../src/devices/retry-delays.ts'
import { endpointRoles } from '../microsoft/defender/setup.ts'
import { analyst, comment, deviceId, devicesRoles, givenStage } from './setup.ts'

test('a lost answer leaves the action unknown; it is looked up and never sent again', async () => {
  const stage = await givenStage()
  const { devices, tenantId, simulator } = stage
  const id = await deviceId(stage)
  simulator.control.addFault({ service: 'endpoint', kind: 'truncated-json', path: '/isolate', times: 1 })

  const unknown = await devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  const again = devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  await expect(again).rejects.toMatchObject({ code: 'conflict' })
  await stage.drain()
  const ended = await devices.action(analyst, unknown.id)

  expect(unknown.status).toBe('unknown')
  expect(ended).toMatchObject({ status: 'succeeded', remoteId: expect.any(String) })
  const { items } = await devices.actions(analyst, tenantId, id)
  expect(items).toHaveLength(1)
})

test.each([
  ['Failed', { status: 'failed', error: { code: 'action_failed' } }],
  ['TimeOut', { status: 'timed_out', error: { code: 'timeout' } }],
] as const)('an action that ends on the device as %s says so, with what to do', async (failure, told) => {
  const stage = await givenStage()
  const { devices, tenantId, simulator } = stage
  const id = await deviceId(stage)
  simulator.control.failNextAction(failure, tenantId)

  const requested = await devices.request(analyst, tenantId, id, { type: 'scan', comment })
  await stage.drain()
  const ended = toDeviceActionView(await devices.action(analyst, requested.id))

  expect(ended).toMatchObject(told)
  expect(ended.error?.remedy).toContain('Defender portal')
  expect((await stage.audited()).at(-1)).toMatchObject({ action: 'device.action_finished', result: 'failed' })
})

const endless = { service: 'endpoint', kind: 'empty-page', path: '/machineactions' } as const

test('a list of actions that does not end says nothing about a request whose answer was lost', async () => {
  const stage = await givenStage()
  const { devices, tenantId, simulator } = stage
  const id = await deviceId(stage)
  simulator.control.addFault({ service: 'endpoint', kind: 'truncated-json', path: '/isolate', times: 1 })
  const unknown = await devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  const fault = simulator.control.addFault(endless)
  stage.advance(lostAfterMs)

  await stage.drain(1)
  const later = await devices.action(analyst, unknown.id)
  simulator.control.removeFault(fault.id)
  await stage.drain()

  expect(later.status).toBe('unknown')
  expect(await devices.action(analyst, unknown.id)).toMatchObject({ status: 'succeeded' })
})

test('a list of actions that does not end does not tell whether a device is isolated', async () => {
  const stage = await givenStage(endpointRoles)
  const { devices, tenantId, simulator } = stage
  const id = await deviceId(stage)
  simulator.control.addFault(endless)

  const listed = await devices.actions(analyst, tenantId, id)

  expect(listed).toMatchObject({ items: [], isolation: null, isIncomplete: true, failure: null })
})

test('a request that broke off before it arrived is found not to have happened', async () => {
  const stage = await givenStage()
  const { devices, tenantId, simulator } = stage
  const id = await deviceId(stage)
  simulator.control.addFault({ service: 'endpoint', kind: 'reset', path: '/isolate', times: 1 })

  const unknown = await devices.request(analyst, tenantId, id, { type: 'isolate', comment })
  await stage.drain()
  const ended = await devices.action(analyst, unknown.id)
  const repeated = await devices.request(analyst, tenantId, id, { type: 'isolate', comment })

  expect(unknown.status).toBe('unknown')
  expect(toDeviceActionView(ended)).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('did not happen') },
  })
  expect(repeated.status).toBe('pending')
})

test('an action whose process died before or after the call is taken up again', async () => {
  const stage = await givenStage()
  const { db, devices, tenantId } = stage
  const id = await deviceId(stage)
  const row = {
    tenantId,
    deviceId: id,
    deviceName: 'x',
    comment,
    requestedById: analyst.id,
    requestedBy: 'x',
  }
  const never = await db.deviceAction.create({ data: { ...row, type: 'scan', status: 'requested' } })
  const sent = await stage.defender.runDeviceAction(tenantId, await devicesRoles(stage), id, {
    type: 'isolate',
    comment,
  })
  const lost = await db.deviceAction.create({ data: { ...row, type: 'isolate', status: 'requested' } })

  const early = await devices.resumeStranded()
  stage.advance(4 * 60_000)
  const resumed = await devices.resumeStranded()
  await stage.drain()

  expect([early, resumed]).toEqual([0, 2])
  expect(await devices.action(analyst, never.id)).toMatchObject({ status: 'failed' })
  expect(await devices.action(analyst, lost.id)).toMatchObject({ status: 'succeeded', remoteId: sent.id })
})

test('an action for a device that is switched off stays pending and is asked for ever more rarely', async () => {
  const stage = await givenStage()
  const { devices, tenantId } = stage
  const id = await deviceId(stage, false)

  const { id: actionId } = await devices.request(analyst, tenantId, id, { type: 'collect', comment })
  const pauses: (number | undefined)[] = []
  for (const laterMs of [0, 5 * 60_000, 3600_000, 48 * 3600_000]) {
    stage.advance(laterMs)
    await stage.drain(1)
    pauses.push(stage.jobs[0]?.afterSeconds)
  }
  const waiting = await devices.action(analyst, actionId)
  stage.advance(31 * 24 * 3600_000)
  await stage.drain(1)
  const givenUp = await devices.action(analyst, actionId)

  expect(waiting).toMatchObject({ status: 'pending' })
  expect(pauses).toEqual([5, 30, 600, 3600])
  expect(givenUp).toMatchObject({ status: 'timed_out', finishedAt: expect.any(Date) })
  expect(stage.jobs).toEqual([])
})

test('a failing service puts the next look off, and the action goes on afterwards', async () => {
  const stage = await givenStage()
  const { devices, tenantId, simulator } = stage
  const id = await deviceId(stage)
  const { id: actionId } = await devices.request(analyst, tenantId, id, { type: 'scan', comment })
  simulator.control.addFault({ service: 'endpoint', kind: 'forbidden', path: '/machineactions', times: 1 })

  await stage.drain(1)
  const put = stage.jobs[0]?.afterSeconds
  await stage.drain()

  expect(put).toBe(3600)
  expect(await devices.action(analyst, actionId)).toMatchObject({ status: 'succeeded' })
})
