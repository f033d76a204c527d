import { expect, test } from 'vitest'
import { coverageText, isComplete } from '../../../../src/hunting/results/export/coverage.ts'

const whole = {
  asked: 1,
  answered: 1,
  empty: 0,
  failed: [],
  truncated: 0,
  waiting: 0,
  waitingUntil: null,
  canceled: 0,
  rows: 1,
}

test('a whole result says so', () => {
  expect(isComplete(whole)).toBe(true)
  expect(coverageText(whole)).toBe(
    'The result of the hunt is complete.\n1 tenant asked\n1 tenant answered with 1 row, 0 of them with nothing\n',
  )
})

test('everything that keeps a result from being whole is said, a fact a line', () => {
  const text = coverageText({
    asked: 12,
    answered: 6,
    empty: 2,
    failed: [
      {
        name: 'role_missing',
        reason: 'the role\nThreatHunting.Read.All is missing',
        tenants: 2,
        isExpected: true,
      },
      { name: 'consent_revoked', reason: 'the consent was taken back', tenants: 1, isExpected: false },
    ],
    truncated: 1,
    waiting: 2,
    waitingUntil: '2026-11-22T10:00:00Z',
    canceled: 1,
    rows: 100,
  })

  expect(text.trimEnd().split('\n')).toEqual([
    'The result of the hunt is not complete.',
    '12 tenants asked',
    '6 tenants answered with 100 rows, 2 of them with nothing',
    '1 tenant answered with more than a limit allows: rows are missing',
    '2 tenants cannot answer: the role ThreatHunting.Read.All is missing (role_missing)',
    '1 tenant failed: the consent was taken back (consent_revoked)',
    '2 tenants not answered yet, tried again until 2026-11-22T10:00:00Z',
    '1 tenant not asked because the hunt was canceled',
  ])
})

test('an excerpt says before all else that it is one', () => {
  const filters = [
    { column: 'FileName', operator: 'contains', value: '.exe\n' } as const,
    { column: 'Account', operator: 'isEmpty' } as const,
  ]

  const text = coverageText({ ...whole, rows: 9, excerpt: { rows: 1, filters, sort: { column: 'At' } } })

  expect(text.split('\n').slice(0, 3)).toEqual([
    'This is a part of the result: 1 of 9 rows, only those where FileName contains .exe , and Account is null or empty',
    'Sorted by At, ascending',
    'The result of the hunt is complete.',
  ])
})

test('tenants that can never answer keep no result from being complete, and are named', () => {
  const failed = [{ name: 'table_missing', reason: 'no such table', tenants: 2, isExpected: true }]

  expect(isComplete({ ...whole, asked: 3, failed })).toBe(true)
  expect(coverageText({ ...whole, asked: 3, failed })).toContain(
    '2 tenants cannot answer: no such table (table_missing)',
  )
  expect(isComplete({ ...whole, asked: 3, failed: failed.map(one => ({ ...one, isExpected: false })) })).toBe(
    false,
  )
  expect(isComplete({ ...whole, asked: 2, answered: 0, failed })).toBe(false)
})
