/** Longest wait that is believed: the hourly quotas are the longest that any service publishes. */
export const longestRetryAfterSeconds = 3600

const phrase =
  /(?:send requests|run queries|try)\s+again\s+(?:in|after)\s+([0-9][^"<>]{0,80})|retry\s+after\s+([0-9][^"<>]{0,80})/i

/**
 * Reads when a service wants to be asked again: the `Retry-After` header as
 * seconds or as an HTTP date, else the sentence that the Defender APIs put into
 * the body ("You can send requests again in 8 seconds").
 *
 * @param header value of `Retry-After`, if any
 * @param body text of the answer
 * @param now against which a date is measured
 * @returns whole seconds from 0 to `longestRetryAfterSeconds`; null when nothing was said
 * @see RFC 9110, section 10.2.3
 */
export function readRetryAfter(header: string | undefined, body: string, now: Date): number | null {
  return (header === undefined ? null : readHeader(header, now)) ?? readBody(body)
}

function readHeader(header: string, now: Date): number | null {
  const value = header.trim()
  if (/^[+-]?\d+(\.\d+)?$/.test(value)) return bounded(Number(value))
  // A date always has letters; Date.parse would take "12-3" for one.
  if (!/[a-z]{3}/i.test(value)) return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : bounded((at - now.getTime()) / 1000)
}

function readBody(body: string): number | null {
  const match = phrase.exec(body.slice(0, 20_000))
  const duration = match?.[1] ?? match?.[2]
  return duration === undefined ? null : readDuration(duration)
}

/** Reads `8 seconds`, `1 hour and 5 minutes`, `00:13:20`, `1.02:03:04`, or a bare number of seconds. */
function readDuration(text: string): number | null {
  const clock = /^(?:(\d+)\.)?(\d{1,3}):(\d{2})(?::(\d{2})(?:\.\d+)?)?/.exec(text)
  if (clock) {
    const [days, hours, minutes, seconds] = clock.slice(1).map(part => Number(part ?? 0))
    return bounded((days ?? 0) * 86_400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0))
  }

  const parts = [
    ...text.matchAll(
      /(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)\b/gi,
    ),
  ]
  if (parts.length > 0) {
    return bounded(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * secondsIn(unit ?? ''), 0))
  }
  return bounded(Number.parseFloat(text))
}

function secondsIn(unit: string): number {
  const lower = unit.toLowerCase()
  if (lower === 'ms' || lower.startsWith('milli')) return 0.001
  if (lower.startsWith('s')) return 1
  if (lower.startsWith('m')) return 60
  return lower.startsWith('h') ? 3600 : 86_400
}

function bounded(seconds: number): number | null {
  if (Number.isNaN(seconds)) return null
  return Math.min(longestRetryAfterSeconds, Math.max(0, Math.ceil(seconds)))
}
