import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createNameReader,
  determinations,
  severities,
  sourceName,
} from '../../../src/microsoft/defender/wire/members.ts'
import { readTime } from '../../../src/microsoft/defender/wire/wire.ts'

test('times of any precision and zone come out as UTC to the millisecond', () => {
  expect(readTime('2026-08-20T07:45:45.1133333Z')).toBe('2026-08-20T07:45:45.113Z')
  expect(readTime('2026-08-20T07:44:00.1Z')).toBe('2026-08-20T07:44:00.100Z')
  expect(readTime('2026-08-20T07:44:00')).toBe('2026-08-20T07:44:00.000Z')
  expect(readTime('2026-08-20T09:44:00.5+02:00')).toBe('2026-08-20T07:44:00.500Z')
})

test('what is no time, or stands for never, is null', () => {
  for (const text of [null, undefined, '', 'yesterday', '2026-13-01T00:00:00Z', '0001-01-01T00:00:00Z', '20'])
    expect(readTime(text)).toBeNull()
})

test('a time is read back the same, and nothing makes the reader throw', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
      date => {
        expect(readTime(date.toISOString())).toBe(date.toISOString())
      },
    ),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      expect(() => readTime(text)).not.toThrow()
    }),
  )
})

test('the determinations of all three surfaces mean the same', () => {
  const spellings: [canonical: string, others: string[]][] = [
    ['unknown', ['NotAvailable']],
    ['multiStagedAttack', ['MultiStagedAttack']],
    ['compromisedAccount', ['CompromisedAccount', 'CompromisedUser', 'compromisedUser']],
    ['confirmedActivity', ['ConfirmedActivity', 'ConfirmedUserActivity']],
    ['notMalicious', ['Clean', 'clean', 'notMalicious']],
    ['notEnoughDataToValidate', ['NoEnoughDataToValidate', 'InsufficientData', 'insufficientData']],
    ['apt', ['Apt']],
  ]

  for (const [canonical, others] of spellings)
    for (const other of others) expect(determinations.find(other)).toBe(canonical)
})

test('a member that is new to us stays as text and is pointed out', () => {
  const names = createNameReader()

  const severity = names.read('severity', 'Catastrophic', severities, 'unknown')
  const known = names.read('severity', 'UnSpecified', severities, 'unknown')
  const absent = names.read('severity', null, severities, 'unknown')

  expect([severity, known, absent]).toEqual(['catastrophic', 'unknown', 'unknown'])
  expect(names.unfamiliar).toEqual(['severity: Catastrophic'])
})

test('sources have one spelling', () => {
  expect(sourceName('MicrosoftDefenderATP')).toBe('microsoftDefenderForEndpoint')
  expect(sourceName('MCAS')).toBe('cloudAppSecurity')
  expect(sourceName('MicrosoftSentinel')).toBe('microsoftSentinel')
  expect(sourceName('')).toBeNull()
})
