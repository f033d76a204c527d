import { semantic } from '../error.ts'
import type { KqlValue } from '../types.ts'
import { wholeTicks } from '../values/convert.ts'
import { dateOfTicks, floorDivide, isDatetime, makeDatetime, ticksOfDate } from '../values/datetime.ts'
import { TICKS_PER_DAY } from '../values/timespan.ts'
import { formatDate, formatSpan } from './date-format.ts'
import type { FunctionTable } from './define.ts'
import { define } from './define.ts'

const fixedParts: Record<string, bigint> = {
  week: 7n * TICKS_PER_DAY,
  day: TICKS_PER_DAY,
  hour: 36_000_000_000n,
  minute: 600_000_000n,
  second: 10_000_000n,
  millisecond: 10_000n,
  microsecond: 10n,
}

/** Which period of its kind a time falls in, counted from some fixed one. */
function periodNumber(part: string, ticks: bigint): bigint {
  const date = dateOfTicks(ticks)
  const months = BigInt(date.getUTCFullYear() * 12 + date.getUTCMonth())
  if (part === 'year') return floorDivide(months, 12n)
  if (part === 'quarter') return floorDivide(months, 3n)
  if (part === 'month') return months
  // Weeks begin on Sunday; 1970-01-01 was a Thursday.
  if (part === 'week') return floorDivide(ticks + 4n * TICKS_PER_DAY, 7n * TICKS_PER_DAY)
  const length = fixedParts[part]
  if (length === undefined) throw unknownPart(part)
  return floorDivide(ticks, length)
}

function unknownPart(part: string) {
  return semantic(`'${part}' is not a period of time`)
}

function difference(part: string, a: bigint, b: bigint): number {
  const period = part.toLowerCase()
  if (period === 'nanosecond') return Number(a - b) * 100
  return Number(periodNumber(period, a) - periodNumber(period, b))
}

const monthsIn: Record<string, number> = { year: 12, quarter: 3, month: 1 }

function add(part: string, amount: number, ticks: bigint): bigint | null {
  const period = part.toLowerCase()
  const months = monthsIn[period]
  if (months !== undefined) return addMonths(ticks, months * amount)
  if (period === 'nanosecond') return valid(ticks + BigInt(Math.trunc(amount / 100)))
  const length = fixedParts[period]
  if (length === undefined) throw unknownPart(part)
  const sum = ticks + BigInt(amount) * length
  return isDatetime(sum) ? sum : null
}

/** The same day that many months away, or the last day of a month that is shorter. */
function addMonths(ticks: bigint, count: number): bigint | null {
  const date = dateOfTicks(ticks)
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + count
  const [year, index] = [Math.floor(month / 12), ((month % 12) + 12) % 12]
  const lastDay = new Date(0)
  lastDay.setUTCFullYear(year, index + 1, 0)
  const day = makeDatetime(year, index + 1, Math.min(date.getUTCDate(), lastDay.getUTCDate()))
  return day === null ? null : day + (ticks - startOf('day', ticks))
}

/** When the day, week, month or year of a time begins, `offset` periods away. */
function startOf(part: string, ticks: bigint, offset = 0): bigint {
  const date = dateOfTicks(ticks)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const start = new Date(0)
  if (part === 'year') start.setUTCFullYear(year + offset, 0, 1)
  else if (part === 'month') start.setUTCFullYear(year, month + offset, 1)
  else if (part === 'week') start.setUTCFullYear(year, month, day - date.getUTCDay() + 7 * offset)
  else start.setUTCFullYear(year, month, day + offset)
  return Number.isNaN(start.getTime()) ? AFTER_ALL_TIME : ticksOfDate(start)
}

// What an offset of countless years leads to; no datetime is that late.
const AFTER_ALL_TIME = 2n ** 63n

function starting(part: string) {
  return define(['datetime', 'long?'], (ticks, offset = 0) => valid(startOf(part, ticks, offset)))
}

function ending(part: string) {
  return define(['datetime', 'long?'], (ticks, offset = 0) => valid(startOf(part, ticks, offset + 1) - 1n))
}

function valid(ticks: bigint): bigint | null {
  return isDatetime(ticks) ? ticks : null
}

function part(name: string, ticks: bigint): number {
  const date = dateOfTicks(ticks)
  const fraction = Number(((ticks % 10_000_000n) + 10_000_000n) % 10_000_000n)
  switch (name.toLowerCase()) {
    case 'year':
      return date.getUTCFullYear()
    case 'quarter':
      return Math.floor(date.getUTCMonth() / 3) + 1
    case 'month':
      return date.getUTCMonth() + 1
    case 'week_of_year':
    case 'weekofyear':
      return isoWeek(ticks)
    case 'day':
      return date.getUTCDate()
    case 'dayofyear':
      return Number((startOf('day', ticks) - startOf('year', ticks)) / TICKS_PER_DAY) + 1
    case 'hour':
      return date.getUTCHours()
    case 'minute':
      return date.getUTCMinutes()
    case 'second':
      return date.getUTCSeconds()
    case 'millisecond':
      return Math.floor(fraction / 10_000)
    case 'microsecond':
      return Math.floor(fraction / 10)
    case 'nanosecond':
      return fraction * 100
    default:
      throw unknownPart(name)
  }
}

/** The week of ISO 8601: weeks begin on Monday, and the first one holds the year's first Thursday. */
function isoWeek(ticks: bigint): number {
  const date = dateOfTicks(ticks)
  const thursday = startOf('day', ticks) + BigInt(4 - (date.getUTCDay() || 7)) * TICKS_PER_DAY
  return Number((thursday - startOf('year', thursday)) / (7n * TICKS_PER_DAY)) + 1
}

function unixTime(ticksPerUnit: bigint) {
  return define(['real'], count => {
    // Whole units exactly: their ticks are beyond 2^53.
    const ticks = Number.isSafeInteger(count)
      ? BigInt(count) * ticksPerUnit
      : wholeTicks(count * Number(ticksPerUnit))
    return ticks === null ? null : valid(ticks)
  })
}

function getter(name: string) {
  return define(['datetime'], ticks => part(name, ticks))
}

function makeTimespan(...values: number[]): KqlValue {
  const [days, hours, minutes, seconds] = values.length === 4 ? values : [0, ...values, 0]
  if ((hours ?? 0) > 23 || (minutes ?? 0) > 59 || (seconds ?? 0) >= 60) return null
  const clock = wholeTicks(((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1e7)
  const whole = wholeTicks(Math.trunc(days ?? 0) * Number(TICKS_PER_DAY))
  return clock === null || whole === null ? null : whole + clock
}

/** @see Kusto query language, "Scalar functions", DateTime and timespan functions */
export const dateFunctions: FunctionTable = {
  startofday: starting('day'),
  startofweek: starting('week'),
  startofmonth: starting('month'),
  startofyear: starting('year'),
  endofday: ending('day'),
  endofweek: ending('week'),
  endofmonth: ending('month'),
  endofyear: ending('year'),
  datetime_diff: define(['string', 'datetime', 'datetime'], difference),
  datetime_add: define(['string', 'long', 'datetime'], add),
  datetime_part: define(['string', 'datetime'], part),
  dayofweek: define(['datetime'], ticks => BigInt(dateOfTicks(ticks).getUTCDay()) * TICKS_PER_DAY),
  dayofmonth: getter('day'),
  dayofyear: getter('dayofyear'),
  monthofyear: getter('month'),
  hourofday: getter('hour'),
  getmonth: getter('month'),
  getyear: getter('year'),
  week_of_year: getter('week_of_year'),
  weekofyear: getter('week_of_year'),
  make_datetime: define(
    ['long', 'long', 'long?', 'long?', 'long?', 'real?'],
    (year, month, day, hour, minute, second) => makeDatetime(year, month, day ?? 1, hour, minute, second),
  ),
  make_timespan: define(['real', 'real', 'real?', 'real?'], (...values) => {
    return makeTimespan(...values.filter(value => value !== undefined))
  }),
  format_datetime: define(['datetime', 'string'], formatDate),
  format_timespan: define(['timespan', 'string'], formatSpan),
  unixtime_seconds_todatetime: unixTime(10_000_000n),
  unixtime_milliseconds_todatetime: unixTime(10_000n),
  unixtime_microseconds_todatetime: unixTime(10n),
  unixtime_nanoseconds_todatetime: define(['int64'], count => valid(floorDivide(BigInt(count), 100n))),
}
