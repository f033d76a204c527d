const TICKS_PER_MS = 10_000n

/** Ticks between 0001-01-01, where .NET counts from, and the Unix epoch. */
export const EPOCH_IN_DOTNET_TICKS = 621_355_968_000_000_000n

const earliest = -EPOCH_IN_DOTNET_TICKS
const latest = 253_402_300_799n * 10_000_000n + 9_999_999n

/** Ticks since the Unix epoch of a JavaScript date. */
export function ticksOfDate(date: Date): bigint {
  return BigInt(date.getTime()) * TICKS_PER_MS
}

/** The JavaScript date of ticks since the Unix epoch, cut to the millisecond before it. */
export function dateOfTicks(ticks: bigint): Date {
  return new Date(Number(floorDivide(ticks, TICKS_PER_MS)))
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by !== 0n && value < 0n !== by < 0n ? quotient - 1n : quotient
}

/** Whether ticks fall between the years 1 and 9999, which is all that a datetime can hold. */
export function isDatetime(ticks: bigint): boolean {
  return ticks >= earliest && ticks <= latest
}

const iso =
  /^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i
const slashed =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*(AM|PM)?)?$/i

/**
 * Reads a datetime: ISO 8601 in full or in part, `M/d/yyyy [h:mm:ss AM]`, a bare year, or RFC 822 text.
 * Without an offset the text is UTC.
 *
 * @returns ticks since the Unix epoch, or null when the text is no time
 */
export function parseDatetime(text: string): bigint | null {
  const trimmed = text.trim()
  const parts = iso.exec(trimmed)
  if (parts) {
    const [, year, month, day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone] = parts
    return assemble([year, month, day, hour, minute, second].map(Number), fraction, offsetMinutes(zone))
  }
  const us = slashed.exec(trimmed)
  if (us) {
    const [, month, day, year, hour = '0', minute = '0', second = '0', fraction = '', half] = us
    const hours = half ? (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0) : Number(hour)
    return assemble(
      [Number(year), Number(month), Number(day), hours, Number(minute), Number(second)],
      fraction,
      0,
    )
  }
  if (/^\d{4}$/.test(trimmed)) return assemble([Number(trimmed), 1, 1, 0, 0, 0], '', 0)
  if (!/^[A-Za-z]{3,9},?\s|^\d{1,2}\s[A-Za-z]{3}/.test(trimmed)) return null
  const milliseconds = Date.parse(/(?:GMT|UTC|Z|[+-]\d{4})$/i.test(trimmed) ? trimmed : `${trimmed} UTC`)
  return Number.isNaN(milliseconds) ? null : BigInt(milliseconds) * TICKS_PER_MS
}

function offsetMinutes(zone: string | undefined): number {
  const parts = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '')
  if (!parts) return 0
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3]))
}

function assemble(fields: number[], fraction: string, offset: number): bigint | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields
  const ticks = makeDatetime(year, month, day, hour, minute, second)
  if (ticks === null) return null
  const exact = ticks + BigInt(fraction.slice(0, 7).padEnd(7, '0')) - BigInt(offset) * 600_000_000n
  return isDatetime(exact) ? exact : null
}

/** Ticks of a calendar time, or null when there is no such day or hour. */
export function makeDatetime(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): bigint | null {
  if (year < 1 || year > 9999 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return null
  if (second < 0 || second >= 60) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  date.setUTCHours(hour, minute, Math.floor(second))
  return ticksOfDate(date) + BigInt(Math.round((second % 1) * 1e7))
}

/** Writes a datetime as `yyyy-MM-ddTHH:mm:ss.fffffffZ`, the round-trip form of .NET. */
export function formatDatetime(ticks: bigint): string {
  const seconds = dateOfTicks(ticks).toISOString().slice(0, 19)
  const fraction = ((ticks % 10_000_000n) + 10_000_000n) % 10_000_000n
  return `${seconds}.${String(fraction).padStart(7, '0')}Z`
}
