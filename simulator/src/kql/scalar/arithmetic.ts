import { unsupported } from '../error.ts'
import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { converted, toReal, wholeTicks } from '../values/convert.ts'
import { isDatetime } from '../values/datetime.ts'
import {
  addLongs,
  divideLongs,
  multiplyLongs,
  remainderOfLongs,
  subtractLongs,
  truncateToLong,
} from '../values/integers.ts'
import { derived } from './make.ts'

type Numbers = (a: number, b: number) => number
type Longs = (a: number | bigint, b: number | bigint) => number | bigint | null

const onReals: Record<string, Numbers> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => ((a % b) + Math.abs(b)) % Math.abs(b),
}

const onLongs: Record<string, Longs> = {
  '+': addLongs,
  '-': subtractLongs,
  '*': multiplyLongs,
  '/': divideLongs,
  '%': remainderOfLongs,
}

/**
 * Compiles `+ - * / %` between numbers and times; null with anything is null.
 *
 * @param type what the binder says the result is
 */
export function compileArithmetic(operator: string, left: Scalar, right: Scalar, type: KqlType): Scalar {
  if (isTime(left.type) || isTime(right.type)) return compileTimes(operator, left, right, type)
  if (left.type === 'decimal' || right.type === 'decimal') throw unsupported("The type 'decimal'")
  if (left.type === 'real' || right.type === 'real') return compileReals(operator, left, right)
  if (left.type === 'dynamic' || right.type === 'dynamic') return compileDynamics(operator, left, right, type)
  const compute = onLongs[operator]
  if (!compute || !isWhole(left.type) || !isWhole(right.type)) {
    throw unsupported(`The operator '${operator}' between ${left.type} and ${right.type}`)
  }
  const [a, b] = [left.eval, right.eval]
  return derived('long', [left, right], row => {
    const [x, y] = [a(row), b(row)]
    if (typeof x === 'number' && typeof y === 'number') return compute(x, y)
    return x === null || y === null ? null : compute(numeric(x), numeric(y))
  })
}

/** Compiles a leading minus. */
export function compileNegation(operand: Scalar): Scalar {
  const { eval: inner, type } = operand
  if (type === 'decimal') throw unsupported("The type 'decimal'")
  return derived(type === 'int' ? 'long' : type, [operand], row => {
    const value = inner(row)
    if (typeof value === 'bigint') return type === 'timespan' ? -value : subtractLongs(0, value)
    return typeof value === 'number' ? 0 - value : null
  })
}

function numeric(value: KqlValue): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  return value === true ? 1 : 0
}

function isWhole(type: KqlType): boolean {
  return type === 'long' || type === 'int' || type === 'bool'
}

function isTime(type: KqlType): boolean {
  return type === 'datetime' || type === 'timespan'
}

function compileReals(operator: string, left: Scalar, right: Scalar): Scalar {
  const compute = onReals[operator]
  if (!compute) throw unsupported(`The operator '${operator}'`)
  const [a, b] = [converted(left, 'real').eval, converted(right, 'real').eval]
  return derived('real', [left, right], row => {
    const [x, y] = [a(row), b(row)]
    return typeof x === 'number' && typeof y === 'number' ? compute(x, y) : null
  })
}

// What a dynamic holds is known per row: whole numbers stay whole when both sides are.
function compileDynamics(operator: string, left: Scalar, right: Scalar, type: KqlType): Scalar {
  const [whole, real] = [onLongs[operator], onReals[operator]]
  if (!whole || !real) throw unsupported(`The operator '${operator}'`)
  const [a, b] = [left.eval, right.eval]
  return derived(type, [left, right], row => {
    const [x, y] = [a(row), b(row)]
    if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return whole(Number(x), Number(y))
    const [p, q] = [toReal(x), toReal(y)]
    if (p === null || q === null) return null
    const result = real(p, q)
    return type === 'long' ? truncateToLong(result) : result
  })
}

function compileTimes(operator: string, left: Scalar, right: Scalar, type: KqlType): Scalar {
  const compute = timeOperation(operator, left.type, right.type)
  if (!compute) throw unsupported(`The operator '${operator}' between ${left.type} and ${right.type}`)
  const [a, b] = [timeSide(left, right, operator).eval, timeSide(right, left, operator).eval]
  return derived(type, [left, right], row => {
    const [x, y] = [a(row), b(row)]
    if (x === null || y === null) return null
    const result = compute(x, y)
    return type === 'datetime' && typeof result === 'bigint' && !isDatetime(result) ? null : result
  })
}

// A dynamic beside a time is read as the kind of time that makes sense there.
function timeSide(side: Scalar, other: Scalar, operator: string): Scalar {
  if (side.type !== 'dynamic') return side
  if (operator === '*' || operator === '/') return converted(side, 'real')
  return converted(side, operator === '-' && other.type === 'datetime' ? 'datetime' : 'timespan')
}

function timeOperation(
  operator: string,
  left: KqlType,
  right: KqlType,
): ((x: KqlValue, y: KqlValue) => KqlValue) | undefined {
  const bothTimes = (isTime(left) || left === 'dynamic') && (isTime(right) || right === 'dynamic')
  if (bothTimes && operator === '+') return (x, y) => ticks(x) + ticks(y)
  if (bothTimes && operator === '-') return (x, y) => ticks(x) - ticks(y)
  if (left === 'timespan' && right === 'timespan') {
    if (operator === '/') return (x, y) => Number(ticks(x)) / Number(ticks(y))
    if (operator === '%') {
      return (x, y) => (ticks(y) === 0n ? null : modulo(ticks(x), ticks(y)))
    }
  }
  if (operator === '*') return (x, y) => (typeof x === 'bigint' ? scale(x, y) : scale(ticks(y), x))
  if (operator === '/' && left === 'timespan') {
    return (x, y) => wholeTicks(Number(ticks(x)) / Number(y))
  }
  return undefined
}

function ticks(value: KqlValue): bigint {
  return typeof value === 'bigint' ? value : 0n
}

function modulo(value: bigint, by: bigint): bigint {
  const remainder = value % by
  return remainder < 0n ? remainder + (by < 0n ? -by : by) : remainder
}

function scale(value: bigint, by: KqlValue): bigint | null {
  if (typeof by === 'bigint') return value * by
  if (Number.isSafeInteger(by)) return value * BigInt(Number(by))
  return wholeTicks(Number(value) * Number(by))
}
