import type { Environment } from '../environment.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, isTabular } from '../language.ts'
import type { KqlType, KqlValue, Row, Scalar } from '../types.ts'
import { convert, toText } from '../values/convert.ts'
import { keyOf } from '../values/order.ts'
import { compileArithmetic } from './arithmetic.ts'
import { compileComparison } from './comparison.ts'
import { compileAnd } from './logic.ts'
import { constant, derived } from './make.ts'
import { compileHasList } from './string-operators.ts'

type Compile = (node: SyntaxElement, env: Environment) => Scalar
type Item = { scalar: Scalar; elementType: KqlType }

/** The items of `(a, b, dynamic([…]), (Table | project X))`; arrays and tables stand for all they hold. */
function compileItems(node: SyntaxElement, env: Environment, compile: Compile): Item[] {
  return children(node, 'Expressions').map(item => {
    if (isTabular(item)) return firstColumn(item, env)
    const scalar = compile(item, env)
    return { scalar, elementType: scalar.type }
  })
}

function firstColumn(node: SyntaxElement, env: Environment): Item {
  const relation = env.query.compileTable(node, env.names)
  const values: KqlValue[] = []
  for (const row of relation.rows()) values.push(row[0] ?? null)
  return { scalar: constant('dynamic', values), elementType: relation.columns[0]?.type ?? 'dynamic' }
}

function valuesOf(items: readonly Item[], row: Row): { value: KqlValue; type: KqlType }[] {
  return items.flatMap(({ scalar, elementType }) => {
    const value = scalar.eval(row)
    if (scalar.type === 'dynamic' && Array.isArray(value)) {
      return value.map((item: KqlValue) => ({ value: item, type: elementType }))
    }
    return [{ value, type: elementType }]
  })
}

/** Compiles `in`, `!in`, `in~` and `!in~`. Null is in no list. */
export function compileIn(node: SyntaxElement, env: Environment, compile: Compile): Scalar {
  const operator = child(node, 'Operator').Text ?? ''
  const left = compile(child(node, 'Left'), env)
  const items = compileItems(child(node, 'Right'), env, compile)
  const negated = operator.startsWith('!')
  const ignoresCase = operator.endsWith('~')
  const key = (value: KqlValue, type: KqlType): unknown => {
    const own = left.type === 'dynamic' ? value : convert(value, type, left.type)
    return ignoresCase ? toText(own, left.type).toLowerCase() : keyOf(own)
  }
  const setOf = (row: Row) => new Set(valuesOf(items, row).map(item => key(item.value, item.type)))
  const scalars = items.map(item => item.scalar)
  const fixed = scalars.every(scalar => scalar.constant) ? setOf([]) : undefined
  const { eval: inner, type } = left
  return derived('bool', [left, ...scalars], row => {
    const value = inner(row)
    if (value === null) return negated
    const wanted = ignoresCase ? toText(value, type).toLowerCase() : keyOf(value)
    return (fixed ?? setOf(row)).has(wanted) !== negated
  })
}

/** Compiles `has_any` and `has_all`. */
export function compileHas(node: SyntaxElement, env: Environment, compile: Compile): Scalar {
  const operator = child(node, 'Operator').Text ?? ''
  const items = compileItems(child(node, 'Right'), env, compile)
  const terms = (row: Row) => valuesOf(items, row).map(item => toText(item.value, item.type))
  const from = items.map(item => item.scalar)
  return compileHasList(operator, compile(child(node, 'Left'), env), { from, terms })
}

/** Compiles `between (a .. b)`, both ends included; after a datetime, a timespan as second end counts from `a`. */
export function compileBetween(node: SyntaxElement, env: Environment, compile: Compile): Scalar {
  const left = compile(child(node, 'Left'), env)
  const range = child(node, 'Right')
  const first = compile(child(range, 'First'), env)
  const given = compile(child(range, 'Second'), env)
  const isSpan = first.type === 'datetime' && given.type === 'timespan'
  const last = isSpan ? compileArithmetic('+', first, given, 'datetime') : given
  const inside = compileAnd([compileComparison('>=', left, first), compileComparison('<=', left, last)])
  if (!child(node, 'Operator').Text?.startsWith('!')) return inside
  return derived('bool', [inside], row => {
    const value = inside.eval(row)
    return value === null ? null : !value
  })
}
