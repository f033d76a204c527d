import { parseTicks, type Ticks, ticksPerDay, ticksPerSecond } from '../ticks.ts'

export type Span = { start: Ticks; end: Ticks }

const durationPattern =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,7}))?S)?)?$/

/** The most that hunting reaches back. */
const longestSpan = 30n * ticksPerDay

/**
 * Reads the `Timespan` of a hunting request: a duration (`P7D`, until now), `start/end`, `P30D/end`,
 * `start/P30D`, or a start alone (until now). What lies more than 30 days back is cut off.
 *
 * @returns undefined when the text is none of these
 * @see ISO 8601-1, 5.5.2 Duration and 5.5.4 Time intervals; Graph runHuntingQuery, Timespan
 */
export function readTimespan(text: string | undefined, now: Ticks): Span | undefined {
  const span = text === undefined ? { start: now - longestSpan, end: now } : readInterval(text.trim(), now)
  if (!span || span.start > span.end) return undefined
  const oldest = now - longestSpan
  return { start: span.start < oldest ? oldest : span.start, end: span.end > now ? now : span.end }
}

function readInterval(text: string, now: Ticks): Span | undefined {
  const parts = text.split('/')
  const [first = '', second] = parts
  if (parts.length > 2) return undefined
  const length = readDuration(first)
  const start = parseTicks(first)
  if (second === undefined) {
    if (length !== undefined) return { start: now - length, end: now }
    return start === undefined ? undefined : { start, end: now }
  }
  const end = parseTicks(second)
  if (length !== undefined && end !== undefined) return { start: end - length, end }
  if (start === undefined) return undefined
  if (end !== undefined) return { start, end }
  const reach = readDuration(second)
  return reach === undefined ? undefined : { start, end: start + reach }
}

function readDuration(text: string): Ticks | undefined {
  const match = durationPattern.exec(text)
  if (!match) return undefined
  const [, years, months, weeks, days, hours, minutes, seconds, fraction] = match
  const count = (digits: string | undefined) => BigInt(digits ?? 0)
  const wholeDays = count(years) * 365n + count(months) * 30n + count(weeks) * 7n + count(days)
  const wholeSeconds = count(hours) * 3600n + count(minutes) * 60n + count(seconds)
  return wholeDays * ticksPerDay + wholeSeconds * ticksPerSecond + BigInt((fraction ?? '').padEnd(7, '0'))
}
