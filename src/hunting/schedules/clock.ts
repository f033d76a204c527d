import { CronExpressionParser } from 'cron-parser'
import { AppError } from '../../errors.ts'

/** When a schedule runs: five cron fields, read in a time zone. */
export type Clock = { cron: string; timeZone: string }

/** More often than this is monitoring, which each tenant's hunting quota is too small for. */
export const shortestPauseMinutes = 5

/** Due times that are looked at when the pause between two is checked: a whole day of the shortest pause. */
const checkedRuns = 288

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
  let times: Date[]
  try {
    times = nextRuns(clock, now, checkedRuns)
  } catch (error) {
    throw wrong('cron', error instanceof Error ? error.message : 'this is no cron expression', remedy)
  }
  const isTooOften = times.some((time, index) => {
    const following = times[index + 1]
    return following && following.getTime() - time.getTime() < shortestPauseMinutes * 60_000
  })
  if (isTooOften) {
    throw wrong(
      'cron',
      `this runs more often than every ${shortestPauseMinutes} minutes`,
      'Leave more time between the runs; each tenant has a quota of calls.',
    )
  }
  return clock
}

/** The next due times after `after`, in order. */
export function nextRuns({ cron, timeZone }: Clock, after: Date, count: number): Date[] {
  const times = CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after })
  const found: Date[] = []
  while (found.length < count && times.hasNext()) found.push(times.next().toDate())
  return found
}

/** The next due time after `after`; null when there is none. */
export function nextRun(clock: Clock, after: Date): Date | null {
  return nextRuns(clock, after, 1)[0] ?? null
}

/** Counting further than this tells nobody more. */
const mostMissed = 1000

/** How many due times lie after `from` and not after `until`; at most 1,000. */
export function countRunsBetween(clock: Clock, from: Date, until: Date): number {
  const times = CronExpressionParser.parse(clock.cron, { tz: clock.timeZone, currentDate: from })
  let count = 0
  while (count < mostMissed && times.hasNext() && times.next().toDate() <= until) count++
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
