import { semantic } from '../error.ts'
import { derived } from '../scalar/make.ts'
import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import type { Bag } from '../values/dynamic.ts'

type Given = {
  string: string
  long: number
  /** A whole number in full: a number when it is safe, else a bigint. */
  int64: number | bigint
  real: number
  bool: boolean
  datetime: bigint
  timespan: bigint
  dynamic: KqlValue
  any: KqlValue
}

type Kind = keyof Given
type Parameter = Kind | `${Kind}?`
type Argument<P extends Parameter> = P extends `${infer K extends Kind}?`
  ? Given[K] | undefined
  : P extends Kind
    ? Given[P]
    : never

/** A scalar function: given the types of its arguments, it gives the expression of its result. */
export type ScalarFunction = (args: readonly Scalar[], type: KqlType) => Scalar

/** Functions by the name that a query calls them by. */
export type FunctionTable = Record<string, ScalarFunction>

type Compute = (...values: KqlValue[]) => KqlValue

/**
 * A function of typed parameters (`?` marks optional ones). Arguments are converted as the language does; when a
 * parameter that is neither `string`, `dynamic` nor `any` gets null, the result is null without a call.
 */
export function define<const P extends readonly Parameter[]>(
  parameters: P,
  compute: (...args: { [K in keyof P]: Argument<P[K]> }) => KqlValue,
): ScalarFunction {
  const kinds = parameters.map(kindOfParameter)
  const required = parameters.filter(parameter => !parameter.endsWith('?')).length
  return (args, type) => {
    if (args.length < required) throw semantic(`A function expects ${required} arguments here`)
    const given = args.slice(0, kinds.length).map((arg, index) => typed(arg, kinds[index] ?? 'any'))
    const nullable = given.map((_, index) => ['string', 'dynamic', 'any'].includes(kinds[index] ?? 'any'))
    return call(given, nullable, type, compute as unknown as Compute)
  }
}

/** A function of any number of arguments of one kind; `undefined` never reaches it, null may. */
export function variadic<K extends Kind>(kind: K, compute: (values: Given[K][]) => KqlValue): ScalarFunction {
  return (args, type) => {
    const given = args.map(arg => typed(arg, kind).eval)
    return derived(type, args, row => compute(given.map(evaluate => evaluate(row)) as Given[K][]))
  }
}

function kindOfParameter(parameter: Parameter): Kind {
  return parameter.replace('?', '') as Kind
}

function typed(arg: Scalar, kind: Kind): Scalar {
  if (kind === 'any') return arg
  if (kind === 'dynamic') return arg.type === 'string' ? arg : converted(arg, 'dynamic')
  if (kind === 'int64') return converted(arg, arg.type === 'int' ? 'int' : 'long')
  if (kind !== 'long') return converted(arg, kind)
  const whole = converted(arg, arg.type === 'int' ? 'int' : 'long')
  const { eval: inner } = whole
  return derived('long', [whole], row => {
    const value = inner(row)
    return typeof value === 'bigint' ? Number(value) : value
  })
}

function call(
  given: readonly Scalar[],
  nullable: readonly boolean[],
  type: KqlType,
  compute: Compute,
): Scalar {
  const [first, second] = given
  if (given.length === 1 && first) {
    const a = first.eval
    const mayBeNull = nullable[0]
    return derived(type, given, row => {
      const x = a(row)
      return x === null && !mayBeNull ? null : compute(x)
    })
  }
  if (given.length === 2 && first && second) {
    const [a, b] = [first.eval, second.eval]
    const [nullA, nullB] = nullable
    return derived(type, given, row => {
      const [x, y] = [a(row), b(row)]
      return (x === null && !nullA) || (y === null && !nullB) ? null : compute(x, y)
    })
  }
  const evaluators = given.map(arg => arg.eval)
  return derived(type, given, row => {
    const values = evaluators.map(evaluate => evaluate(row))
    if (values.some((value, index) => value === null && !nullable[index])) return null
    return compute(...values)
  })
}

/** The value as a list: arrays as they are, else undefined. */
export function listOf(value: KqlValue | undefined): KqlValue[] | undefined {
  return Array.isArray(value) ? value : undefined
}

/** The value as a bag, else undefined. */
export function bagOf(value: KqlValue | undefined): Bag | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : undefined
}
