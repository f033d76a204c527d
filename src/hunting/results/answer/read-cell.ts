import type { Cell, ColumnType, Json } from '../model.ts'
import { normalizeDatetime } from './datetime.ts'
import { numberFrom, numberTextOf, parseExactJson, resolveJson, stringifyExactJson } from './exact-json.ts'

/** Turns a value of parsed JSON into a cell; undefined when it does not fit the type. */
export type CellReader = (value: unknown, marker: string | undefined) => Cell | undefined

/**
 * How values of each type are read. Services write the same type in several
 * ways: bools as 1 and 0, decimals as numbers or text, dynamic values parsed
 * or as text with JSON inside.
 */
export const cellReaders: Record<ColumnType, CellReader> = {
  string: readText,
  guid: readText,
  timespan: readText,
  datetime(value) {
    return typeof value === 'string' ? normalizeDatetime(value) : undefined
  },
  int: readWhole,
  long: readWhole,
  real(value, marker) {
    if (typeof value === 'number') return value
    const text = numberTextOf(value, marker) ?? value
    if (typeof text !== 'string') return undefined
    if (notFinite.has(text)) return Number(text)
    return numeric.test(text) ? Number(text) : undefined
  },
  decimal(value, marker) {
    const text = numberTextOf(value, marker) ?? (typeof value === 'number' ? String(value) : value)
    return typeof text === 'string' && (numeric.test(text) || notFinite.has(text)) ? text : undefined
  },
  bool(value) {
    if (typeof value === 'boolean') return value
    return bools.get(typeof value === 'string' ? value.toLowerCase() : value)
  },
  dynamic(value, marker) {
    if (typeof value === 'string') return readDynamicText(value, marker)
    return isDeeperThan(maxDepth, value) ? undefined : resolveJson(value, marker)
  },
}

const numeric = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const notFinite = new Set(['NaN', 'Infinity', '-Infinity'])
const bools = new Map<unknown, boolean>([
  [1, true],
  [0, false],
  ['1', true],
  ['0', false],
  ['true', true],
  ['false', false],
])

function readText(value: unknown, marker: string | undefined): Cell {
  if (typeof value === 'string') return numberTextOf(value, marker) ?? value
  return stringifyExactJson(resolveJson(value, marker))
}

function readWhole(value: unknown, marker: string | undefined): Cell | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = numberTextOf(value, marker) ?? value
  if (typeof text !== 'string' || !/^[+-]?\d+$/.test(text)) return undefined
  const number = numberFrom(text.replace('+', ''))
  const fits = typeof number === 'number' || BigInt.asIntN(64, number) === number
  return fits ? number : undefined
}

/** Only objects and lists are taken out of text: `"5"` may as well be the text 5. */
function readDynamicText(text: string, marker: string | undefined): Json {
  const number = numberTextOf(text, marker)
  if (number !== undefined) return numberFrom(number)
  const first = text.charCodeAt(0)
  if (first !== 123 && first !== 91) return text
  try {
    const inner = parseExactJson(text)
    if (isDeeperThan(maxDepth, inner.value)) return text
    return resolveJson(inner.value, inner.marker)
  } catch {
    return text
  }
}

/** Far beyond what Kusto stores; deeper values would exhaust the stack of whoever writes them out again. */
const maxDepth = 500

function isDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  for (const member of Object.values(value)) {
    if (isDeeperThan(limit - 1, member)) return true
  }
  return false
}
