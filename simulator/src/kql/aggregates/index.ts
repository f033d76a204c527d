import type { Environment } from '../environment.ts'
import { unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, kindOf, nameOf, typeOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { Scalar } from '../types.ts'
import type { Aggregate, AggregateFunction, TupleAggregate, TupleRequest } from './aggregate.ts'
import { onlyIf } from './aggregate.ts'
import { argExtreme, makeBag, makeList, makeSet, takeAny, takeAnyRow } from './collections.ts'
import {
  avg,
  count,
  dcount,
  extreme,
  percentile,
  percentiles,
  percentilesArray,
  spreadOf,
  sum,
} from './statistics.ts'

const plainList = makeList({ withNulls: false })
const ofSample = { sample: true, root: false }

const aggregates: Record<string, AggregateFunction> = {
  count,
  countif: onlyIf(count),
  dcount,
  dcountif: ([value, test]) =>
    onlyIf(dcount)(
      [value, test].filter(arg => arg !== undefined),
      'long',
    ),
  count_distinct: dcount,
  count_distinctif: onlyIf(dcount),
  sum,
  sumif: onlyIf(sum),
  avg,
  avgif: onlyIf(avg),
  min: extreme(-1),
  minif: onlyIf(extreme(-1)),
  max: extreme(1),
  maxif: onlyIf(extreme(1)),
  stdev: spreadOf({ ...ofSample, root: true }),
  stdevif: onlyIf(spreadOf({ ...ofSample, root: true })),
  stdevp: spreadOf({ sample: false, root: true }),
  variance: spreadOf(ofSample),
  varianceif: onlyIf(spreadOf(ofSample)),
  variancep: spreadOf({ sample: false, root: false }),
  percentile,
  percentiles_array: percentilesArray,
  make_list: plainList,
  makelist: plainList,
  make_list_with_nulls: makeList({ withNulls: true }),
  make_list_if: conditional(plainList),
  make_set: makeSet,
  makeset: makeSet,
  make_set_if: conditional(makeSet),
  make_bag: makeBag,
  make_dictionary: makeBag,
  make_bag_if: conditional(makeBag),
  any: takeAny,
  take_any: takeAny,
  anyif: onlyIf(takeAny),
  take_anyif: onlyIf(takeAny),
}

/** `make_list_if(x, test[, most])`: the test stands in the middle. */
function conditional(aggregate: AggregateFunction): AggregateFunction {
  return ([value, test, most], type) => {
    const args = [value, most, test].filter(arg => arg !== undefined)
    return onlyIf(aggregate)(args, type)
  }
}

const extremes: Record<string, number> = { arg_max: 1, argmax: 1, arg_min: -1, argmin: -1 }

/** Compiles a call of an aggregate that gives one value; undefined when the name is no such aggregate. */
export function compileAggregate(call: SyntaxElement, env: Environment): Aggregate | undefined {
  const aggregate = aggregates[nameOf(child(call, 'Name'))]
  if (!aggregate) return undefined
  const args = children(child(call, 'ArgumentList'), 'Expressions').map(arg =>
    compileScalar(arg, inside(env)),
  )
  return aggregate(args, typeOf(call.ResultType))
}

/** How many columns a call gives when it is an aggregate of several; undefined when it is none. */
export function tupleWidth(call: SyntaxElement): number | undefined {
  if (kindOf(call) !== 'FunctionCallExpression') return undefined
  const name = nameOf(child(call, 'Name'))
  if (extremes[name] === undefined && !['percentiles', 'take_any', 'any'].includes(name)) return undefined
  const [arg, ...others] = children(child(call, 'ArgumentList'), 'Expressions')
  // Of one column `take_any` looks for a value that is not empty: an aggregate like any other.
  const isOneValue = arg && kindOf(arg) !== 'StarExpression' && others.length === 0
  if (isOneValue && (name === 'take_any' || name === 'any')) return undefined
  const columns = columnsOf(call.RawResultType)
  if (columns.length > 0) return columns.length
  return extremes[name] === undefined ? undefined : 1
}

/**
 * Compiles `arg_max`, `arg_min`, `take_any` of several columns, and `percentiles`.
 *
 * @param keys the names of the columns that the rows are grouped by
 */
export function compileTupleAggregate(
  call: SyntaxElement,
  env: Environment,
  keys: readonly string[],
): TupleAggregate {
  const name = nameOf(child(call, 'Name'))
  const nodes = children(child(call, 'ArgumentList'), 'Expressions')
  const args = nodes.map(arg => (kindOf(arg) === 'StarExpression' ? '*' : compileScalar(arg, inside(env))))
  if (name === 'percentiles') return percentiles(args.filter((arg): arg is Scalar => arg !== '*'))
  const excluded = new Set([...keys, ...nodes.flatMap(plainName)])
  const request: TupleRequest = { args, columns: env.columns, excluded }
  const width = args.reduce((sum, arg) => {
    return sum + (arg === '*' ? env.columns.filter(column => !excluded.has(column.name)).length : 1)
  }, 0)
  if (width !== (tupleWidth(call) ?? 1)) throw unsupported(`The function '${name}' with these arguments`)
  const sign = extremes[name]
  return sign === undefined ? takeAnyRow(request) : argExtreme(request, sign)
}

/** The place of an aggregate's arguments: aggregates may not stand inside aggregates. */
function inside(env: Environment): Environment {
  return { ...env, aggregate: () => undefined }
}

/** The column that an argument names directly, renamed or not. */
function plainName(node: SyntaxElement): string[] {
  const inner = kindOf(node) === 'SimpleNamedExpression' ? child(node, 'Expression') : node
  return kindOf(inner) === 'NameReference' ? [nameOf(inner)] : []
}
