import { CronExpressionParser } from 'cron-parser'
import { AppError } from '../../errors.ts'

/** When a schedule runs: five cron fields, read in a time zone. */
export type Clock = { cron: string; timeZone: string }

/** More often than this is monitoring, which each tenant's hunting quota is too small for. */
export const shortestPauseMinutes = 5

/**
 * Checks and tidies a clock.
 *
 * Around a change to summer time a time that does not exist runs at the same
 * distance behind the change; a time that comes twice runs once.
 *
 * @throws AppError `invalid` with `details.fields`
 * @see crontab(5); IANA Time Zone Database
 */
export function readClock({ cron, timeZone }: Clock, now: Date): Clock {
  const fields = cron.trim().split(/\s+/)
  if (!isTimeZone(timeZone)) {
    throw wrong(
      'timeZone',
      `"${timeZone.slice(0, 60)}" is no time zone`,
      'Write it like Europe/Berlin or UTC.',
    )
  }
  const remedy =
    'Write five fields: minute, hour, day of the month, month, day of the week, such as "0 6 * * 1-5".'
  // Letters for random times (H) and macros would run at times that nobody wrote down.
  if (fields.length !== 5 || fields.some(field => !/^[\d*,/A-Za-z#-]+$/.test(field) || /H/.test(field))) {
    throw wrong('cron', 'this is no cron expression of five fields', remedy)
  }
  const clock = { cron: fields.join(' '), timeZone }
  let pause: number
  try {
    pause = shortestPause(clock)
    nextRun(clock, now)
  } catch (error) {
    throw wrong('cron', error instanceof Error ? error.message : 'this is no cron expression', remedy)
  }
  if (pause < shortestPauseMinutes) {
    throw wrong(
      'cron',
      `this runs more often than every ${shortestPauseMinutes} minutes`,
      'Leave more time between the runs; each tenant has a quota of calls.',
    )
  }
  return clock
}

/**
 * Minutes between the two due times of a day that are nearest, midnight
 * included. Read off the fields: to walk through the years of a clock that
 * is due on 29 February alone takes seconds.
 */
function shortestPause({ cron, timeZone }: Clock): number {
  const { hour, minute } = CronExpressionParser.parse(cron, { tz: timeZone }).fields
  const times = hour.values
    .flatMap(hours => minute.values.map(minutes => Number(hours) * 60 + Number(minutes)))
    .sort((one, other) => one - other)
  const first = times[0] ?? 0
  return Math.min(...times.map((time, index) => (times[index + 1] ?? first + 1440) - time))
}

/** How far the search for a time goes on behind a change of the clocks at which it was lost. */
const lostHours = 3

/** The next due times after `after`, in order. */
export function nextRuns(clock: Clock, after: Date, count: number): Date[] {
  const found: Date[] = []
  for (const time of timesOf(clock, after)) {
    if (found.length >= count) break
    found.push(time)
  }
  return found
}

/** The next due time after `after`; null when there is none. */
export function nextRun(clock: Clock, after: Date): Date | null {
  return nextRuns(clock, after, 1)[0] ?? null
}

/**
 * Due times without end. Where clocks change by half an hour (Lord Howe
 * Island) cron-parser finds no way past the change: the search is taken up
 * behind it, as a schedule must never stop unnoticed.
 */
function* timesOf({ cron, timeZone }: Clock, after: Date): Generator<Date> {
  let last = after
  for (let lost = 0; lost <= lostHours; lost++) {
    const currentDate = new Date(last.getTime() + lost * 3_600_000)
    const times = CronExpressionParser.parse(cron, { tz: timeZone, currentDate })
    while (times.hasNext()) {
      last = times.next().toDate()
      lost = 0
      yield last
    }
  }
}

/** Counting further than this tells nobody more. */
const mostMissed = 1000

/** How many due times lie after `from` and not after `until`; at most 1,000. */
export function countRunsBetween(clock: Clock, from: Date, until: Date): number {
  let count = 0
  for (const time of timesOf(clock, from)) {
    if (time > until || count >= mostMissed) break
    count++
  }
  return count
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function wrong(field: string, message: string, remedy: string): AppError {
  return new AppError('invalid', message, {
    remedy,
    details: { fields: { [field]: `${message}. ${remedy}` } },
  })
}
