import { dateOfTicks } from '../values/datetime.ts'
import { TICKS_PER_DAY } from '../values/timespan.ts'

function fractionDigits(ticks: bigint, specifier: string): string {
  const magnitude = ticks < 0n ? -ticks : ticks
  const digits = String(magnitude % 10_000_000n)
    .padStart(7, '0')
    .slice(0, specifier.length)
  return specifier.startsWith('F') ? digits.replace(/0+$/, '') : digits
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

/**
 * Writes a datetime by a pattern of `y M d H h m s f F tt`.
 *
 * @see "format_datetime()"
 */
export function formatDate(ticks: bigint, pattern: string): string {
  const date = dateOfTicks(ticks)
  const fraction = ((ticks % 10_000_000n) + 10_000_000n) % 10_000_000n
  return pattern.replace(/y+|M+|d+|H+|h+|m+|s+|f+|F+|t+/g, specifier => {
    const { length } = specifier
    switch (specifier[0]) {
      case 'y':
        return length > 2 ? pad(date.getUTCFullYear(), length) : pad(date.getUTCFullYear() % 100, length)
      case 'M':
        return pad(date.getUTCMonth() + 1, length)
      case 'd':
        return pad(date.getUTCDate(), length)
      case 'H':
        return pad(date.getUTCHours(), length)
      case 'h':
        return pad(date.getUTCHours() % 12 || 12, length)
      case 'm':
        return pad(date.getUTCMinutes(), length)
      case 's':
        return pad(date.getUTCSeconds(), length)
      case 't':
        return (date.getUTCHours() < 12 ? 'AM' : 'PM').slice(0, length)
      default:
        return fractionDigits(fraction, specifier)
    }
  })
}

/**
 * Writes a timespan by a pattern of `d H h m s f F`.
 *
 * @see "format_timespan()"
 */
export function formatSpan(ticks: bigint, pattern: string): string {
  const magnitude = ticks < 0n ? -ticks : ticks
  const seconds = Number((magnitude % TICKS_PER_DAY) / 10_000_000n)
  const text = pattern.replace(/d+|H+|h+|m+|s+|f+|F+/g, specifier => {
    const { length } = specifier
    switch (specifier[0]) {
      case 'd':
        return pad(Number(magnitude / TICKS_PER_DAY), length)
      case 'H':
      case 'h':
        return pad(Math.floor(seconds / 3600), length)
      case 'm':
        return pad(Math.floor(seconds / 60) % 60, length)
      case 's':
        return pad(seconds % 60, length)
      default:
        return fractionDigits(magnitude, specifier)
    }
  })
  return ticks < 0n ? `-${text}` : text
}
