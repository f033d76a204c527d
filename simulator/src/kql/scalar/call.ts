import type { Environment } from '../environment.ts'
import { positionOf } from '../environment.ts'
import { unsupported } from '../error.ts'
import { scalarFunction } from '../functions/index.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, kindOf, nameOf, typeOf } from '../language.ts'
import type { KqlType, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { isDatetime } from '../values/datetime.ts'
import type { Bag } from '../values/dynamic.ts'
import { setKey, toDynamic } from '../values/dynamic.ts'
import { constant, derived, perRow } from './make.ts'
import { compileFunctionBody } from './user-function.ts'
import { compileWindowCall } from './window.ts'

type Compile = (node: SyntaxElement, env: Environment) => Scalar
type Special = (args: SyntaxElement[], env: Environment, compile: Compile, type: KqlType) => Scalar

/**
 * Compiles a call: of an aggregate that `summarize` has computed, of a function over neighbouring rows, of a
 * function that the query defines, or of one of the language's own.
 */
export function compileCall(node: SyntaxElement, env: Environment, compile: Compile): Scalar {
  const computed = env.aggregate?.(node)
  if (computed) return computed
  const name = nameOf(child(node, 'Name'))
  const args = children(child(node, 'ArgumentList'), 'Expressions')
  const window = compileWindowCall(name, args, env, compile)
  if (window) return window
  const body = node.GetCalledFunctionBody?.()
  if (body) return compileFunctionBody(node, body, env, compile)
  const type = typeOf(node.ResultType)
  const special = specials[name]
  if (special) return special(args, env, compile, type)
  const known = scalarFunction(name)
  if (!known) throw unsupported(`The function '${name}'`)
  const values = args.filter(arg => kindOf(arg) !== 'TypeOfLiteralExpression')
  return known(
    values.map(arg => compile(arg, env)),
    type,
  )
}

/** Functions that need more than the values of their arguments: the query's moment, or the row's columns. */
const specials: Record<string, Special> = {
  now: ([offset], env, compile) => {
    if (!offset) return constant('datetime', env.query.now)
    return shifted(env.query.now, compile(offset, env), 1n)
  },
  ago: ([span], env, compile) => {
    return span ? shifted(env.query.now, compile(span, env), -1n) : constant('datetime', env.query.now)
  },
  rand: ([count], env, compile) => {
    if (!count) return perRow('real', () => Math.random())
    const most = converted(compile(count, env), 'real').eval
    return perRow('real', row => Math.floor(Math.random() * Number(most(row) ?? 0)))
  },
  new_guid: () => perRow('guid', () => crypto.randomUUID()),
  column_ifexists: (args, env, compile) => columnIfExists(args, env, compile),
  columnifexists: (args, env, compile) => columnIfExists(args, env, compile),
  pack_all: ([ignoreEmpty], env, compile) => {
    const skips = ignoreEmpty ? compile(ignoreEmpty, env).constant?.value === true : false
    return perRow('dynamic', row => {
      const bag: Bag = {}
      env.columns.forEach(({ name, type }, index) => {
        const value = row[index] ?? null
        if (!skips || (value !== null && value !== '')) setKey(bag, name, toDynamic(value, type))
      })
      return bag
    })
  },
  materialize: ([inner], env, compile) => (inner ? compile(inner, env) : constant('dynamic', null)),
}

function shifted(now: bigint, span: Scalar, sign: bigint): Scalar {
  const ticks = converted(span, 'timespan')
  return derived('datetime', [ticks], row => {
    const by = ticks.eval(row)
    const moment = typeof by === 'bigint' ? now + sign * by : null
    return moment !== null && isDatetime(moment) ? moment : null
  })
}

function columnIfExists([name, fallback]: SyntaxElement[], env: Environment, compile: Compile): Scalar {
  const wanted = name && compile(name, env).constant?.value
  const position = typeof wanted === 'string' ? positionOf(env.columns, wanted) : -1
  const type = env.columns[position]?.type
  if (type) return perRow(type, row => row[position] ?? null)
  return fallback ? compile(fallback, env) : constant('dynamic', null)
}
