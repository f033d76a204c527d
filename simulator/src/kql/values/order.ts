import type { KqlType, KqlValue } from '../types.ts'
import { jsonText } from './dynamic.ts'
import { compareNumbers } from './integers.ts'

/** Orders two values that are not null: numbers and times by size, text by code unit, dynamics by their JSON. */
export function compareValues(a: KqlValue, b: KqlValue): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  const [left, right] = [jsonText(a), jsonText(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

function isNumeric(value: KqlValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function rankOf(value: KqlValue): number {
  if (isNumeric(value)) return 0
  if (typeof value === 'boolean') return 1
  return typeof value === 'string' ? 2 : 3
}

/** A key that two values of one column share exactly when they are the same value; null has its own. */
export function keyOf(value: KqlValue): string | number | bigint | boolean | null {
  if (typeof value === 'object' && value !== null) return `\u0000${jsonText(value)}`
  return value
}

/** A key of several values, for grouping and joining. */
export function keyOfAll(values: readonly KqlValue[]): string | number | bigint | boolean | null {
  if (values.length === 1) return keyOf(values[0] ?? null)
  let key = ''
  for (const value of values) {
    const part = keyOf(value)
    const text = String(part)
    key += `${part === null ? 'n' : (typeof part)[0]}${text.length}:${text}`
  }
  return key
}

/** What a column of the type holds where there is no value: null, but the empty string for strings. */
export function emptyValue(type: KqlType): KqlValue {
  return type === 'string' ? '' : null
}
