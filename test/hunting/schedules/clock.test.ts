import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countRunsBetween, nextRun, nextRuns, readClock } from '../../../src/hunting/schedules/clock.ts'

const now = new Date('2026-11-22T12:00:00Z')
const iso = (times: Date[]) => times.map(time => time.toISOString())

test('a time of day is one of the time zone, before and after the change to summer time', () => {
  const clock = { cron: '0 6 * * *', timeZone: 'Europe/Berlin' }

  const runs = nextRuns(clock, new Date('2026-03-27T12:00:00Z'), 3)

  expect(iso(runs)).toEqual([
    '2026-03-28T05:00:00.000Z',
    '2026-03-29T04:00:00.000Z',
    '2026-03-30T04:00:00.000Z',
  ])
})

test('a time that the change to summer time leaves out runs an hour later that day, and no day is without', () => {
  const clock = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }

  const runs = nextRuns(clock, new Date('2026-03-28T12:00:00Z'), 2)

  expect(iso(runs)).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z'])
})

test('a time that comes twice when summer time ends runs once', () => {
  const clock = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }

  const runs = nextRuns(clock, new Date('2026-10-24T12:00:00Z'), 2)

  expect(iso(runs)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'])
})

test('hourly runs go on every hour through both changes', () => {
  for (const from of ['2026-03-28T22:30:00Z', '2026-10-24T22:30:00Z']) {
    const runs = nextRuns({ cron: '0 * * * *', timeZone: 'Europe/Berlin' }, new Date(from), 6)
    const pauses = runs.slice(1).map((run, index) => run.getTime() - (runs[index]?.getTime() ?? 0))

    expect(new Set(pauses)).toEqual(new Set([3_600_000]))
  }
})

test('every quarter of an hour goes on through the hour that comes twice', () => {
  const clock = { cron: '*/15 * * * *', timeZone: 'Europe/Berlin' }

  const runs = nextRuns(clock, new Date('2026-10-24T23:59:00Z'), 12)

  expect(runs.map(run => run.getTime())).toEqual(
    runs.map((_, index) => Date.parse('2026-10-25T00:00:00Z') + index * 900_000),
  )
})

test('clocks that change by half an hour do not end a schedule', () => {
  const runs = nextRuns(
    { cron: '0 * * * *', timeZone: 'Australia/Lord_Howe' },
    new Date('2026-04-04T13:00:00Z'),
    200,
  )

  expect(runs).toHaveLength(200)
  for (const [index, run] of runs.slice(1).entries()) {
    expect(run.getTime() - (runs[index]?.getTime() ?? 0)).toBeLessThanOrEqual(2 * 3_600_000)
  }
})

test.each(['0 0 29 2 *', '0 0 1 1 *', '30 6 * * 1#1', '0 0 L * *'])(
  'a clock that strikes rarely is read at once: %s',
  cron => {
    const started = process.threadCpuUsage()

    readClock({ cron, timeZone: 'Europe/Berlin' }, now)

    // Microseconds of this thread's own work; trying each minute of a year takes seconds.
    expect(process.threadCpuUsage(started).user).toBeLessThan(1_000_000)
  },
)

test('midnight lies between two times as well', () => {
  expect(() => readClock({ cron: '0,58 0,23 * * *', timeZone: 'UTC' }, now)).toThrowError('5 minutes')
  expect(readClock({ cron: '0,55 0,23 * * *', timeZone: 'UTC' }, now)).toMatchObject({ timeZone: 'UTC' })
})

describe('what is no clock is refused', () => {
  test.each([
    ['* * * * *', 'more often than every 5 minutes'],
    ['*/2 8 * * *', 'more often than every 5 minutes'],
    ['0 0 * * * *', 'no cron expression of five fields'],
    ['@daily', 'no cron expression of five fields'],
    ['H H * * *', 'no cron expression of five fields'],
    ['61 * * * *', 'expected range'],
    ['0 0 31 2 *', 'Invalid explicit day'],
    ['', 'no cron expression of five fields'],
  ])('%s', (cron, message) => {
    expect(() => readClock({ cron, timeZone: 'UTC' }, now)).toThrowError(message)
  })

  test('an unknown time zone', () => {
    expect(() => readClock({ cron: '0 6 * * *', timeZone: 'Europe/Atlantis' }, now)).toThrowError(
      'is no time zone',
    )
  })
})

test('any text is either refused in words or a clock that comes again', () => {
  const field = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('*', '0', '*/10', '1-5', 'MON', '1,15'))
  fc.assert(
    fc.property(fc.array(field, { minLength: 4, maxLength: 6 }), fields => {
      let clock: ReturnType<typeof readClock>
      try {
        clock = readClock({ cron: fields.join(' '), timeZone: 'Europe/Berlin' }, now)
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid', details: { fields: { cron: expect.any(String) } } })
        return
      }
      expect(nextRun(clock, now)?.getTime()).toBeGreaterThan(now.getTime())
    }),
    { numRuns: 100 },
  )
})

test('due times are counted up to a bound', () => {
  const clock = { cron: '*/5 * * * *', timeZone: 'UTC' }

  expect(countRunsBetween(clock, now, new Date('2026-11-22T13:00:00Z'))).toBe(12)
  expect(countRunsBetween(clock, now, now)).toBe(0)
  expect(countRunsBetween(clock, now, new Date('2027-11-22T12:00:00Z'))).toBe(1000)
})
