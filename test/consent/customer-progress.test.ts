import { expect, test } from 'vitest'
import { customerProgress } from '../../src/consent/customer-progress.ts'
import { namedFailure } from '../../src/microsoft/failures/named-failure.ts'
import type { VerificationProgress } from '../../src/verification/progress.ts'

function progress(values: Partial<VerificationProgress>): VerificationProgress {
  return {
    underWay: true,
    status: 'verifying',
    attempts: 1,
    startedAt: null,
    nextAt: null,
    deadlineAt: null,
    awaiting: 'token',
    words: 'Waiting.',
    rolesMissing: [],
    lastError: null,
    ...values,
  }
}

const failure = namedFailure('app_disabled', {
  service: 'entra',
  message: 'For staff only.',
  remedy: 'For staff only.',
})

test.each([
  ['token', ['done', 'done', 'current', 'waiting', 'waiting']],
  ['roles', ['done', 'done', 'done', 'current', 'waiting']],
  ['live_call', ['done', 'done', 'done', 'done', 'current']],
] as const)('waiting for the %s is the station under way', (awaiting, states) => {
  const shown = customerProgress(progress({ awaiting }))

  expect(shown.steps.map(({ state }) => state)).toEqual(states)
  expect(shown).toMatchObject({ underWay: true, outcome: 'pending', remedy: null, code: null })
})

test('a connected tenant has every station behind it, also while a renewed consent is checked', () => {
  const shown = customerProgress(progress({ status: 'connected', awaiting: 'token', lastError: failure }))

  expect(new Set(shown.steps.map(({ state }) => state))).toEqual(new Set(['done']))
  expect(shown).toMatchObject({ underWay: false, outcome: 'complete', remedy: null, code: null })
})

test('a partial connection names what is missing, in the names of Microsoft', () => {
  const shown = customerProgress(
    progress({
      status: 'degraded',
      underWay: false,
      awaiting: null,
      rolesMissing: ['endpoint:Machine.Read.All'],
    }),
  )

  expect(shown).toMatchObject({
    outcome: 'partial',
    words: 'The connection works, without Machine.Read.All.',
  })
})

test('a failure says what the customer can do, and nothing that was written for staff', () => {
  const shown = customerProgress(
    progress({
      status: 'disconnected',
      underWay: false,
      awaiting: null,
      words: 'It does not work.',
      lastError: failure,
    }),
  )

  expect(shown).toMatchObject({ underWay: false, outcome: 'failed', code: 'app_disabled' })
  expect(shown.remedy).toContain('Enabled for users to sign in')
  expect(JSON.stringify(shown)).not.toContain('For staff only')
  expect(shown.steps.filter(({ state }) => state === 'failed')).toHaveLength(1)
})

test('a tenant that was not decided yet goes on being asked for', () => {
  expect(customerProgress(progress({ underWay: false, awaiting: null })).underWay).toBe(true)
})
