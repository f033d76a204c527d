import { expect, test } from 'vitest'
import { isolationOf, undoOf } from '../../src/devices/isolation.ts'
import { followDelaySeconds } from '../../src/devices/retry-delays.ts'
import type { DeviceActionState } from '../../src/microsoft/defender/index.ts'

function action(type: string, status: string, minute: number): DeviceActionState {
  const at = `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`
  return {
    id: `${type}-${minute}`,
    type,
    status,
    scope: null,
    deviceId: '0'.repeat(40),
    deviceName: null,
    comment: null,
    requestedBy: null,
    source: null,
    createdAt: at,
    updatedAt: at,
    canceledBy: null,
    cancelComment: null,
    trouble: null,
  }
}

test('the latest isolation or release that took effect decides', () => {
  const cut = action('isolate', 'succeeded', 1)

  expect(isolationOf([])).toEqual({
    state: 'not_isolated',
    since: null,
    actionId: null,
    source: 'endpoint',
  })
  expect(isolationOf([cut]).state).toBe('isolated')
  expect(isolationOf([cut, action('release', 'failed', 2)]).state).toBe('isolated')
  expect(isolationOf([cut, action('release', 'succeeded', 2)]).state).toBe('not_isolated')
  expect(isolationOf([action('release', 'succeeded', 2), cut]).state).toBe('not_isolated')
  expect(isolationOf([cut, action('release', 'pending', 2)]).state).toBe('releasing')
  expect(isolationOf([cut, action('scan', 'pending', 2)]).state).toBe('isolated')
})

test('only what took effect and has an opposite can be taken back', () => {
  expect(undoOf({ type: 'isolate', status: 'succeeded' })).toBe('release')
  expect(undoOf({ type: 'release', status: 'succeeded' })).toBe('isolate')
  expect(undoOf({ type: 'isolate', status: 'pending' })).toBeNull()
  expect(undoOf({ type: 'scan', status: 'succeeded' })).toBeNull()
})

test('the older an action, the longer the pause', () => {
  const ages = [0, 2, 30, 120, 60 * 48].map(minutes => followDelaySeconds(minutes * 60_000))

  expect(ages).toEqual([5, 30, 60, 600, 3600])
})
