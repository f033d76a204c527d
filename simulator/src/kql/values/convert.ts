import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { formatDatetime, parseDatetime } from './datetime.ts'
import { jsonText, parseJson, toDynamic } from './dynamic.ts'
import { toLong, truncateToLong } from './integers.ts'
import { formatTimespan, parseTimespan, TICKS_PER_DAY } from './timespan.ts'

/** The text of a value as `tostring` writes it; null becomes the empty string. */
export function toText(value: KqlValue, type: KqlType): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return realText(value)
  if (typeof value === 'object') return jsonText(value)
  if (type === 'datetime') return formatDatetime(value)
  if (type === 'timespan') return formatTimespan(value)
  return String(value)
}

// .NET writes exponents with a capital letter and at least two digits.
function realText(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return text.replace(
    /e([+-])(\d+)$/,
    (_all, sign: string, digits: string) => `E${sign}${digits.padStart(2, '0')}`,
  )
}

/** A whole number from any value: text is read, reals are cut, times give their ticks; else null. */
export function toWhole(value: KqlValue): number | bigint | null {
  if (typeof value === 'number') return truncateToLong(value)
  if (typeof value === 'bigint') return toLong(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (/^[+-]?\d+$/.test(text)) {
    const exact = BigInt(text.replace(/^\+/, ''))
    return BigInt.asIntN(64, exact) === exact ? toLong(exact) : null
  }
  if (/^[+-]?0x[0-9a-f]{1,16}$/i.test(text)) {
    const exact = BigInt(text.replace(/^[+-]/, ''))
    return toLong(text.startsWith('-') ? -exact : exact)
  }
  const real = toReal(text)
  return real === null ? null : truncateToLong(real)
}

/** A whole number that fits an int32, else null. */
function toInt(value: KqlValue): number | null {
  const whole = toWhole(value)
  return typeof whole === 'number' && whole >= -(2 ** 31) && whole < 2 ** 31 ? whole : null
}

/** A real from any value; null when the text is no number. */
export function toReal(value: KqlValue): number | null {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text)
  if (/^nan$/i.test(text)) return Number.NaN
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return null
}

/** A bool: numbers are true when not zero, text when it says `true` or a number other than zero. */
function toBool(value: KqlValue): boolean | null {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0
  if (typeof value !== 'string') return null
  if (/^\s*true\s*$/i.test(value)) return true
  if (/^\s*false\s*$/i.test(value)) return false
  const whole = toWhole(value)
  return whole === null ? null : Number(whole) !== 0
}

/** A datetime from text; ticks stay as they are; else null. */
function toDatetime(value: KqlValue): bigint | null {
  if (typeof value === 'bigint') return value
  return typeof value === 'string' ? parseDatetime(value) : null
}

/** A timespan from text, from ticks, or from a number of days. */
function toTimespan(value: KqlValue): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return wholeTicks(value * Number(TICKS_PER_DAY))
  return typeof value === 'string' ? parseTimespan(value) : null
}

/** Ticks of a computed number; null when it is no number or beyond what a timespan holds. */
export function wholeTicks(ticks: number): bigint | null {
  return Math.abs(ticks) < 2 ** 63 ? BigInt(Math.round(ticks)) : null
}

const guid = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i

/** A guid in lower case with dashes, or null when the text is none. */
export function toGuid(value: KqlValue): string | null {
  const parts = typeof value === 'string' ? guid.exec(value.trim()) : null
  return parts ? parts.slice(1).join('-').toLowerCase() : null
}

/** Converts a value from one type to another as the `to…()` functions do. */
export function convert(value: KqlValue, from: KqlType, to: KqlType): KqlValue {
  if (to === 'string') return toText(value, from)
  if (value === null) return null
  if (from === to) return value
  switch (to) {
    case 'long':
      return toWhole(value)
    case 'int':
      return toInt(value)
    case 'real':
    case 'decimal':
      return toReal(value)
    case 'bool':
      return toBool(value)
    case 'datetime':
      return toDatetime(value)
    case 'timespan':
      return toTimespan(value)
    case 'guid':
      return toGuid(value)
    case 'dynamic':
      return from === 'string' && typeof value === 'string' ? parseJson(value) : toDynamic(value, from)
  }
}

/** The expression with its value converted; the same expression when its type is already right. */
export function converted(scalar: Scalar, to: KqlType): Scalar {
  if (scalar.type === to) return scalar
  const from = scalar.type
  const constant = scalar.constant && { value: convert(scalar.constant.value, from, to) }
  const { eval: inner } = scalar
  return {
    type: to,
    eval: constant ? () => constant.value : row => convert(inner(row), from, to),
    ...(constant && { constant }),
  }
}
