import type { KqlType, KqlValue, Row, Scalar } from '../types.ts'
import { converted, toGuid, toText } from '../values/convert.ts'
import { compareNumbers } from '../values/integers.ts'
import { compareValues } from '../values/order.ts'
import { derived } from './make.ts'

const verdicts: Record<string, (order: number) => boolean> = {
  '==': order => order === 0,
  '!=': order => order !== 0,
  '<>': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

/**
 * Compiles a comparison. Null equals no value and differs from every value; null against null, and null in
 * `<` and its kin, gives null.
 *
 * @see "Null values", equality and inequality
 */
export function compileComparison(operator: string, left: Scalar, right: Scalar): Scalar {
  const verdict = verdicts[operator] ?? (() => false)
  const [leftSide, rightSide, compare] = comparable(left, right)
  const [a, b] = [leftSide.eval, rightSide.eval]
  const equality = operator === '==' || operator === '!=' || operator === '<>'
  return derived('bool', [left, right], (row: Row) => {
    const [x, y] = [a(row), b(row)]
    if (x === null || y === null) return equality && x !== y ? operator !== '==' : null
    if (equality && x === y) return operator === '=='
    const order = compare(x, y)
    return order === null ? (equality ? operator !== '==' : null) : verdict(order)
  })
}

type Compare = (x: KqlValue, y: KqlValue) => number | null

/** Brings both sides to one type, and gives the order of two values of it; null when they have none. */
function comparable(left: Scalar, right: Scalar): [Scalar, Scalar, Compare] {
  if (left.type === right.type && left.type !== 'dynamic') return [left, right, sameType(left.type)]
  const types = new Set([left.type, right.type])
  if (types.has('dynamic')) return comparableDynamic(left, right)
  if (types.has('guid')) return [asGuid(left), asGuid(right), compareValues]
  if (types.has('string')) return [converted(left, 'string'), converted(right, 'string'), compareValues]
  return [left, right, compareNumeric]
}

function sameType(type: KqlType): Compare {
  return type === 'long' || type === 'int' || type === 'real' ? compareNumeric : compareValues
}

function compareNumeric(x: KqlValue, y: KqlValue): number | null {
  const [p, q] = [Number.isNaN(x) ? null : numeric(x), Number.isNaN(y) ? null : numeric(y)]
  return p === null || q === null ? null : compareNumbers(p, q)
}

function numeric(value: KqlValue): number | bigint | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  return typeof value === 'boolean' ? Number(value) : null
}

function asGuid(side: Scalar): Scalar {
  if (side.type !== 'string') return side
  const { eval: inner } = side
  return derived('guid', [side], row => {
    const text = toText(inner(row), 'string')
    return toGuid(text) ?? text
  })
}

function comparableDynamic(left: Scalar, right: Scalar): [Scalar, Scalar, Compare] {
  const other = left.type === 'dynamic' ? right.type : left.type
  if (other === 'dynamic') return [left, right, compareLike]
  if (other === 'string' || other === 'guid') {
    return [converted(left, 'string'), converted(right, 'string'), compareValues]
  }
  if (other === 'datetime' || other === 'timespan') {
    return [converted(left, other), converted(right, other), compareValues]
  }
  // A number inside JSON that is written as text is text, not a number: it has no place in the order.
  return [left, right, compareNumeric]
}

function compareLike(x: KqlValue, y: KqlValue): number | null {
  if (typeof x === typeof y) return compareValues(x, y)
  return compareNumeric(x, y)
}
