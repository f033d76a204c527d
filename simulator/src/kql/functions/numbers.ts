import { derived } from '../scalar/make.ts'
import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { floorDivide } from '../values/datetime.ts'
import { bigOf, toLong } from '../values/integers.ts'
import { compareValues } from '../values/order.ts'
import type { FunctionTable, ScalarFunction } from './define.ts'
import { define } from './define.ts'

function real(compute: (x: number) => number): ScalarFunction {
  return define(['real'], compute)
}

function bitwise(compute: (a: bigint, b: bigint) => bigint): ScalarFunction {
  return define(['int64', 'int64'], (a, b) => toLong(compute(bigOf(a), bigOf(b))))
}

/** Rounds down to a multiple: whole numbers and times exactly, reals as reals. */
function binDown(value: KqlValue, size: KqlValue, origin: KqlValue): KqlValue {
  if (typeof value === 'number' && typeof size === 'number' && typeof origin === 'number') {
    if (size <= 0) return null
    return Math.floor((value - origin) / size) * size + origin
  }
  const [v, s, o] = [ticksOrLong(value), ticksOrLong(size), ticksOrLong(origin)]
  if (v === null || s === null || o === null || s <= 0n) return null
  return floorDivide(v - o, s) * s + o
}

// Bins of a datetime are counted from the year 1 as in .NET; the Unix epoch lies 719162 whole days after it.
const DATETIME_ORIGIN = -719_162n * 864_000_000_000n

function ticksOrLong(value: KqlValue): bigint | null {
  if (typeof value === 'bigint') return value
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : null
}

function binOf(value: Scalar, size: Scalar, type: KqlType, fixed?: Scalar): Scalar {
  const isTime = value.type === 'datetime' || value.type === 'timespan'
  const target = value.type === 'dynamic' ? type : value.type
  const whole = target === 'long' || target === 'int'
  const source = converted(value, isTime || !whole ? target : 'long')
  const step = isTime ? converted(size, 'timespan') : size
  const [a, b, c] = [source.eval, step.eval, fixed?.eval]
  const origin = target === 'datetime' ? DATETIME_ORIGIN : isTime ? 0n : 0
  return derived(type, [value, size, ...(fixed ? [fixed] : [])], row => {
    const [v, s, o] = [a(row), b(row), c ? c(row) : origin]
    if (v === null || s === null || o === null) return null
    const result = binDown(v, s, o)
    return !isTime && typeof result === 'bigint' ? toLong(result) : result
  })
}

const bin: ScalarFunction = ([value, size, fixed], type) => {
  if (value && !size) return define(['real'], x => Math.floor(x))([value], type)
  return value && size ? binOf(value, size, type, fixed) : derived(type, [], () => null)
}

/** The smallest or largest of the arguments that are not null. */
function extreme(sign: number): ScalarFunction {
  return (args, type) => {
    const isReal = args.some(arg => arg.type === 'real')
    const given = isReal ? args.map(arg => converted(arg, 'real')) : args
    return derived(type, given, row => {
      let best: KqlValue = null
      for (const arg of given) {
        const value = arg.eval(row)
        if (value !== null && (best === null || sign * compareValues(value, best) > 0)) best = value
      }
      return best
    })
  }
}

/** Rounds half away from zero, as .NET's arithmetic rounding does. */
function round(value: number, digits = 0): number {
  const shifted = Number(`${Math.abs(value)}e${digits}`)
  if (!Number.isFinite(shifted)) return value
  return Math.sign(value) * Number(`${Math.round(shifted)}e${-digits}`)
}

const abs: ScalarFunction = ([value], type) => {
  const arg = value ?? derived(type, [], () => null)
  return derived(type, [arg], row => {
    const given = arg.eval(row)
    if (typeof given === 'bigint') return given < 0n ? -given : given
    return typeof given === 'number' ? Math.abs(given) : null
  })
}

/** @see Kusto query language, "Scalar functions", mathematical functions */
export const numberFunctions: FunctionTable = {
  bin,
  floor: bin,
  bin_at: bin,
  ceiling: define(['real'], x => Math.ceil(x) + 0),
  round: define(['real', 'long?'], round),
  abs,
  sign: real(Math.sign),
  sqrt: define(['real'], x => (x < 0 ? Number.NaN : Math.sqrt(x))),
  exp: real(Math.exp),
  exp2: real(x => 2 ** x),
  exp10: real(x => 10 ** x),
  log: real(Math.log),
  log2: real(Math.log2),
  log10: real(Math.log10),
  pow: define(['real', 'real'], (x, y) => x ** y),
  pi: () => derived('real', [], () => Math.PI),
  sin: real(Math.sin),
  cos: real(Math.cos),
  tan: real(Math.tan),
  asin: real(Math.asin),
  acos: real(Math.acos),
  atan: real(Math.atan),
  atan2: define(['real', 'real'], Math.atan2),
  cot: real(x => 1 / Math.tan(x)),
  radians: real(x => (x * Math.PI) / 180),
  degrees: real(x => (x * 180) / Math.PI),
  isnan: define(['real'], x => Number.isNaN(x)),
  isinf: define(['real'], x => Math.abs(x) === Number.POSITIVE_INFINITY),
  isfinite: define(['real'], x => Number.isFinite(x)),
  min_of: extreme(-1),
  max_of: extreme(1),
  binary_and: bitwise((a, b) => a & b),
  binary_or: bitwise((a, b) => a | b),
  binary_xor: bitwise((a, b) => a ^ b),
  binary_shift_left: bitwise((a, b) => a << BigInt.asUintN(6, b)),
  binary_shift_right: bitwise((a, b) => a >> BigInt.asUintN(6, b)),
  binary_not: define(['int64'], a => toLong(~bigOf(a))),
  bitset_count_ones: define(
    ['int64'],
    a => BigInt.asUintN(64, bigOf(a)).toString(2).replaceAll('0', '').length,
  ),
  tohex: define(['int64', 'long?'], (value, length = 0) => {
    return BigInt.asUintN(64, bigOf(value)).toString(16).padStart(length, '0')
  }),
}
