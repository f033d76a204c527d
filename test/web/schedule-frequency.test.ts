import { expect, test } from 'vitest'
import { readScheduleForm, toDraft } from '../../src/web/pages/schedules/forms.ts'
import { cronOf, frequencyOf } from '../../src/web/pages/schedules/frequency.ts'

test.each([
  [{ frequency: 'hourly', at: '06:00' }, '0 * * * *'],
  [{ frequency: 'daily', at: '06:30' }, '30 6 * * *'],
  [{ frequency: 'workdays', at: '17:05' }, '5 17 * * 1-5'],
] as const)('%j is %s, and is read as the same again', (choice, cron) => {
  expect(cronOf({ ...choice, cron: 'what was typed' })).toBe(cron)
  expect(frequencyOf(cron)).toEqual(choice)
})

test.each(['*/5 * * * *', '0 6 1 * *', '0 6-18 * * *', 'never'])('%s stays a cron expression', cron => {
  const choice = frequencyOf(cron)

  expect(choice.frequency).toBe('cron')
  expect(cronOf({ ...choice, cron })).toBe(cron)
})

test('the form of a schedule says how often in words, and what programs sent before still counts', () => {
  const draft = (body: object) => toDraft(readScheduleForm(body), []).cron

  expect(draft({ frequency: 'daily', at: '07:15', cron: '0 6 * * *' })).toBe('15 7 * * *')
  expect(draft({ frequency: 'hourly', at: 'soon' })).toBe('0 * * * *')
  expect(draft({ cron: '0 6 * * 1-5' })).toBe('0 6 * * 1-5')
})
