import { AppError } from '../../errors.ts'
import { toStringLiteral } from '../../microsoft/defender/hunting/kql-text.ts'
import { isGuid } from '../../platform/guid.ts'

/** Types that a parameter of a saved query may have. */
export const parameterTypes = [
  'string',
  'long',
  'int',
  'real',
  'bool',
  'datetime',
  'timespan',
  'guid',
] as const

export type ParameterType = (typeof parameterTypes)[number]

const isoTime = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z)?)?$/
const shortSpan = /^\d{1,9}(?:\.\d{1,7})?(?:d|h|m|s|ms)$/
const longSpan = /^(?:\d{1,8}\.)?\d\d?:\d\d(?::\d\d(?:\.\d{1,7})?)?$/

/**
 * Writes a value as a KQL literal of the type. What comes back is one token or
 * one typed literal, whatever the value holds: nothing in it can end the
 * literal and go on as query text.
 *
 * @param text the value as typed: `7d`, `2026-11-01`, `true`, any text for a string
 * @throws AppError `invalid` when the text is no value of the type
 * @see Kusto Query Language, "Scalar data types"
 */
export function toLiteral(type: ParameterType, text: string): string {
  const value = text.trim()
  switch (type) {
    case 'string':
      return toStringLiteral(text)
    case 'bool':
      if (/^(true|false)$/i.test(value)) return value.toLowerCase()
      throw wrongValue('true or false')
    case 'long':
    case 'int':
      return toWholeLiteral(type, value)
    case 'real':
      if (/^[+-]?\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i.test(value) && Number.isFinite(Number(value)))
        return `real(${value.replace(/^\+/, '')})`
      throw wrongValue('a number such as 0.5')
    case 'datetime':
      if (isoTime.test(value) && !Number.isNaN(Date.parse(value.replace(' ', 'T'))))
        return `datetime(${value})`
      throw wrongValue('a time such as 2026-11-01 or 2026-11-01T08:00:00Z, in UTC')
    case 'timespan':
      if (shortSpan.test(value)) return value
      if (longSpan.test(value)) return `timespan(${value})`
      throw wrongValue('a span of time such as 7d, 12h, 30m or 1.06:00:00')
    case 'guid':
      if (isGuid(value)) return `guid(${value.toLowerCase()})`
      throw wrongValue('an id such as 00000000-0000-0000-0000-000000000000')
  }
}

function toWholeLiteral(type: 'long' | 'int', value: string): string {
  if (/^[+-]?\d{1,20}$/.test(value)) {
    const number = BigInt(value)
    const bits = type === 'long' ? 64 : 32
    if (number === BigInt.asIntN(bits, number)) return `${type}(${number})`
  }
  throw wrongValue(`a whole number of ${type === 'long' ? 64 : 32} bits`)
}

function wrongValue(wanted: string): AppError {
  return new AppError('invalid', `this must be ${wanted}`)
}
