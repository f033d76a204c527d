import { expect, test } from 'vitest'
import { isComplete, ledgerText } from '../../../src/hunting/export/ledger.ts'

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
  expect(ledgerText(whole)).toBe(
    'The result of the hunt is complete.\n1 tenant asked\n1 tenant answered with 1 row, 0 of them with nothing\n',
  )
})

test('everything that keeps a result from being whole is said, a fact a line', () => {
  const text = ledgerText({
    asked: 12,
    answered: 6,
    empty: 2,
    failed: [{ name: 'role_missing', reason: 'the role\nThreatHunting.Read.All is missing', tenants: 3 }],
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
    '3 tenants failed: the role ThreatHunting.Read.All is missing (role_missing)',
    '2 tenants not answered yet, tried again until 2026-11-22T10:00:00Z',
    '1 tenant not asked because the hunt was canceled',
  ])
})

test('an excerpt says before all else that it is one', () => {
  const filters = [
    { column: 'FileName', operator: 'contains', value: '.exe\n' } as const,
    { column: 'Account', operator: 'isEmpty' } as const,
  ]

  const text = ledgerText({ ...whole, rows: 9, excerpt: { rows: 1, filters, sort: { column: 'At' } } })

  expect(text.split('\n').slice(0, 3)).toEqual([
    'This is a part of the result: 1 of 9 rows, only those where FileName contains .exe , and Account is null or empty',
    'Sorted by At, ascending',
    'The result of the hunt is complete.',
  ])
})
