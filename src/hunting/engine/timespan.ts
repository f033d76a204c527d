import type { Span } from './task.ts'

const dayMs = 24 * 3_600_000

/** What advanced hunting keeps. */
const longestMs = 30 * dayMs

const duration = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i

/**
 * The absolute span that a time span means at a moment: a duration until now,
 * `start/end`, `start/duration`, `duration/end`, or a start until now. Whole
 * milliseconds; what lies more than 30 days back is cut off.
 *
 * @param timespan ISO 8601; null: 30 days
 * @returns null for anything else, and for a span that is empty
 * @see Microsoft Graph, "security: runHuntingQuery"
 */
export function absoluteSpan(timespan: string | null, now: Date): Span | null {
  const nowMs = now.getTime()
  const ends = timespan === null ? [nowMs - longestMs, nowMs] : readEnds(timespan.trim(), nowMs)
  if (!ends) return null
  const [start = Number.NaN, end = Number.NaN] = ends
  const from = Math.max(start, nowMs - longestMs)
  const to = Math.min(end, nowMs)
  return from < to ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : null
}

/** Between a client that counts 30 days back and us: the way, and clocks that differ. */
const clockSlackMs = 3_600_000

/** Whether a time span means more time than advanced hunting keeps, or begins before it. */
export function isBeyondKept(timespan: string, now: Date): boolean {
  const ends = readEnds(timespan.trim(), now.getTime())
  return ends !== null && ends[0] < now.getTime() - longestMs - clockSlackMs
}

function readEnds(text: string, nowMs: number): [number, number] | null {
  const [first = '', second, third] = text.split('/')
  if (third !== undefined) return null
  const length = durationMs(first)
  if (second === undefined) return length === null ? spanOf(instant(first), nowMs) : [nowMs - length, nowMs]
  const secondLength = durationMs(second)
  if (length !== null && secondLength !== null) return null
  const end = instant(second)
  if (length !== null) return end === null ? null : [end - length, end + 1]
  const start = instant(first)
  if (secondLength !== null) return start === null ? null : [start, start + secondLength]
  return spanOf(start, end === null ? null : end + 1)
}

function spanOf(start: number | null, end: number | null): [number, number] | null {
  return start === null || end === null ? null : [start, end]
}

function durationMs(text: string): number | null {
  const match = duration.exec(text)
  if (!match || /^PT?$|T$/i.test(text)) return null
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(part => Number(part ?? 0))
  return days * dayMs + hours * 3_600_000 + minutes * 60_000 + seconds * 1000
}

/** Dates are UTC, as everywhere in Kusto. */
function instant(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/i.test(text)) return null
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text.slice(10))
  const value = Date.parse(text.length === 10 || hasZone ? text : `${text}Z`)
  return Number.isNaN(value) ? null : value
}

/** A span as Graph takes it. Its end belongs to the span there, so it is given a tick (100 ns) earlier. */
export function timespanOf({ from, to }: Span): string {
  const lastMs = new Date(Date.parse(to) - 1).toISOString()
  return `${from}/${lastMs.slice(0, -1)}9999Z`
}

/** Two spans that follow one another, cut in the middle. */
export function halves(span: Span): Span[] {
  const middle = new Date(Math.floor((Date.parse(span.from) + Date.parse(span.to)) / 2)).toISOString()
  return [
    { from: span.from, to: middle },
    { from: middle, to: span.to },
  ]
}

export function lengthMs({ from, to }: Span): number {
  return Date.parse(to) - Date.parse(from)
}
