import type { KqlType, KqlValue } from '../types.ts'
import { formatDatetime } from './datetime.ts'
import { formatTimespan } from './timespan.ts'

/** A property bag. */
export type Bag = Record<string, KqlValue>

function isArray(value: KqlValue | undefined): value is KqlValue[] {
  return Array.isArray(value)
}

export function isBag(value: KqlValue | undefined): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The JSON value that stands for a typed value inside a dynamic. Times become text, and so do integers beyond
 * 2^53: JSON numbers would lose their last digits.
 */
export function toDynamic(value: KqlValue, type: KqlType): KqlValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'bigint') return value
  if (type === 'datetime') return formatDatetime(value)
  if (type === 'timespan') return formatTimespan(value)
  return String(value)
}

/**
 * Reads JSON text as `parse_json` does: text that is no JSON stays a string.
 * Integers that a double cannot hold are kept as text.
 */
export function parseJson(text: string): KqlValue {
  const trimmed = text.trim()
  if (trimmed === '') return null
  try {
    if (!/\d{16}/.test(trimmed)) return JSON.parse(trimmed)
    return JSON.parse(trimmed, keepLongIntegers)
  } catch {
    return text
  }
}

function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return /^-?\d+$/.test(context?.source ?? '') ? context?.source : value
}

/** The compact JSON text of a dynamic value. */
export function jsonText(value: KqlValue): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? ''
}

/** The property or element of a dynamic value; null when there is none. Negative indexes count from the end. */
export function access(value: KqlValue, key: KqlValue): KqlValue {
  if (isArray(value)) {
    if (typeof key !== 'number') return null
    return value[key < 0 ? value.length + key : key] ?? null
  }
  if (!isBag(value) || typeof key !== 'string') return null
  return Object.hasOwn(value, key) ? (value[key] ?? null) : null
}

/** Sets a property of a bag under construction, whatever its name (`__proto__` is a name like any other). */
export function setKey(bag: Bag, key: string, value: KqlValue): void {
  if (key === '__proto__') {
    Object.defineProperty(bag, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    bag[key] = value
  }
}
