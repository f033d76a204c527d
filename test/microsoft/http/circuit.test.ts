import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import type { FailureName } from '../../../src/microsoft/failures/failure-names.ts'
import { namedFailure } from '../../../src/microsoft/failures/named-failure.ts'
import { createCircuits } from '../../../src/microsoft/http/circuit.ts'

function setUp(most = 100) {
  const clock = { ms: 0 }
  const circuits = createCircuits(() => clock.ms, { threshold: 3, pauseMs: 1000, longestPauseMs: 3000, most })
  const fail = (name: FailureName, times = 1, tenantId = 'a', status: number | null = null) => {
    for (let i = 0; i < times; i += 1)
      circuits.failed(tenantId, 'graph', namedFailure(name, { service: 'graph', status }))
  }
  const isOpen = (tenantId = 'a') => {
    try {
      circuits.admit(tenantId, 'graph')
      return false
    } catch (error) {
      if (error instanceof RemoteError && error.failure.code === 'circuit_open') return true
      throw error
    }
  }
  return { clock, circuits, fail, isOpen }
}

test('it opens after failures in a row, for that tenant and service only', () => {
  const { circuits, fail, isOpen } = setUp()

  fail('timeout', 3)

  expect(isOpen()).toBe(true)
  expect(isOpen('b')).toBe(false)
  expect(() => circuits.admit('a', 'endpoint')).not.toThrow()
})

test('open ones are counted by service, until a call gets through', () => {
  const { circuits, fail } = setUp()

  fail('timeout', 3)
  fail('timeout', 3, 'b')
  fail('timeout', 2, 'c')
  const open = circuits.countOpen()
  circuits.succeeded('a', 'graph')

  expect([...open]).toEqual([['graph', 2]])
  expect([...circuits.countOpen()]).toEqual([['graph', 1]])
})

test('a success in between starts the count again', () => {
  const { circuits, fail, isOpen } = setUp()

  fail('timeout', 2)
  circuits.succeeded('a', 'graph')
  fail('timeout', 2)

  expect(isOpen()).toBe(false)
})

test('permanent failures, throttling and cancellation do not open it', () => {
  const { fail, isOpen } = setUp()

  fail('role_missing', 10, 'a', 403)
  fail('throttled', 10, 'a', 429)
  fail('canceled', 10)
  fail('quota_exhausted', 10)

  expect(isOpen()).toBe(false)
})

test('a refusal shows that the service lives', () => {
  const { fail, isOpen } = setUp()

  fail('unavailable', 2, 'a', 503)
  fail('not_found', 1, 'a', 404)
  fail('unavailable', 2, 'a', 503)

  expect(isOpen()).toBe(false)
})

test('after its pause one probe goes through; its success closes it', () => {
  const { clock, circuits, fail, isOpen } = setUp()
  fail('unavailable', 3)

  clock.ms = 1001
  expect([isOpen(), isOpen()]).toEqual([false, true])

  circuits.succeeded('a', 'graph')
  expect([isOpen(), isOpen()]).toEqual([false, false])
})

test('a probe that fails doubles the pause, up to the longest', () => {
  const { clock, fail, isOpen } = setUp()
  fail('unavailable', 3)

  for (const pause of [1000, 2000, 3000, 3000]) {
    clock.ms += pause - 1
    expect(isOpen()).toBe(true)
    clock.ms += 1
    expect(isOpen()).toBe(false)
    fail('unavailable')
  }
})

test('a probe that never reports is given up, so the circuit still closes by itself', () => {
  const { clock, fail, isOpen } = setUp()
  fail('unavailable', 3)
  clock.ms = 1000
  expect(isOpen()).toBe(false)

  clock.ms = 2000

  expect(isOpen()).toBe(false)
})

test('looking whether it is open does not use up the probe', () => {
  const { clock, circuits, fail, isOpen } = setUp()
  fail('unavailable', 3)
  expect(() => circuits.refuseOpen('a', 'graph')).toThrow(RemoteError)
  clock.ms = 1000

  circuits.refuseOpen('a', 'graph')

  expect(isOpen()).toBe(false)
})

test('its memory is bounded: the oldest trouble is forgotten', () => {
  const { fail, isOpen } = setUp(2)

  for (const tenant of ['a', 'b', 'c']) fail('unavailable', 3, tenant)

  expect(['a', 'b', 'c'].map(isOpen)).toEqual([false, true, true])
})
