import { unsupported } from '../error.ts'
import { constant, derived } from '../scalar/make.ts'
import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import type { FunctionTable, ScalarFunction } from './define.ts'
import { define } from './define.ts'

function to(type: KqlType): ScalarFunction {
  return ([value]) => converted(value ?? constant('dynamic', null), type)
}

const tobool: ScalarFunction = to('bool')

const toDynamicValue: ScalarFunction = ([value]) => {
  const given = value ?? constant('dynamic', null)
  return converted(given, 'dynamic')
}

function unavailable(name: string): ScalarFunction {
  return () => {
    throw unsupported(`The function '${name}'`)
  }
}

/** `iff(condition, then, else)`; a null condition chooses `else`. */
const iff: ScalarFunction = ([condition, then, otherwise], type) => {
  const [test, a, b] = [condition, then, otherwise].map(arg => arg ?? constant('dynamic', null)) as [
    Scalar,
    Scalar,
    Scalar,
  ]
  const [check, yes, no] = [converted(test, 'bool').eval, settled(a, type).eval, settled(b, type).eval]
  return derived(type, [test, a, b], row => (check(row) === true ? yes(row) : no(row)))
}

const caseOf: ScalarFunction = (args, type) => {
  const otherwise = settled(args.at(-1) ?? constant(type, null), type).eval
  const branches: { check: Scalar['eval']; result: Scalar['eval'] }[] = []
  for (let index = 0; index + 1 < args.length; index += 2) {
    const [test, result] = [args[index], args[index + 1]]
    if (test && result)
      branches.push({ check: converted(test, 'bool').eval, result: settled(result, type).eval })
  }
  return derived(type, args, row => {
    for (const { check, result } of branches) if (check(row) === true) return result(row)
    return otherwise(row)
  })
}

/** The first argument that is not null; for strings, not empty. */
const coalesce: ScalarFunction = (args, type) => {
  const given = args.map(arg => settled(arg, type).eval)
  return derived(type, args, row => {
    for (const evaluate of given) {
      const value = evaluate(row)
      if (value !== null && value !== '') return value
    }
    return type === 'string' ? '' : null
  })
}

// A branch of another type than the whole (a null literal, an int beside a long) becomes the whole's type.
function settled(arg: Scalar, type: KqlType): Scalar {
  return arg.type === type ? arg : converted(arg, type)
}

function nullTest(isNull: boolean): ScalarFunction {
  return ([value]) => {
    const arg = value ?? constant('dynamic', null)
    return derived('bool', [arg], row => (arg.eval(row) === null) === isNull)
  }
}

const typeNames: Record<string, string> = { object: 'dictionary', boolean: 'bool', string: 'string' }

const gettype: ScalarFunction = ([value]) => {
  const arg = value ?? constant('dynamic', null)
  return derived('string', [arg], row => {
    const given = arg.eval(row)
    if (given === null) return 'null'
    return arg.type === 'dynamic' ? dynamicTypeName(given) : arg.type
  })
}

function dynamicTypeName(value: KqlValue): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double'
  return typeNames[typeof value] ?? 'null'
}

/** @see Kusto query language, "Scalar functions", conversion and conditional functions */
export const conversionFunctions: FunctionTable = {
  tostring: to('string'),
  tolong: to('long'),
  toint: to('int'),
  toreal: to('real'),
  todouble: to('real'),
  tobool,
  toboolean: tobool,
  todatetime: to('datetime'),
  totimespan: to('timespan'),
  totime: to('timespan'),
  toguid: to('guid'),
  todynamic: toDynamicValue,
  toobject: toDynamicValue,
  parse_json: toDynamicValue,
  parsejson: toDynamicValue,
  todecimal: unavailable('todecimal'),
  iff,
  iif: iff,
  case: caseOf,
  coalesce,
  not: define(['bool'], value => !value),
  isnull: nullTest(true),
  isnotnull: nullTest(false),
  notnull: nullTest(false),
  gettype,
}
