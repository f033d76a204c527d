import { unsupported } from '../error.ts'
import { child, children, columnsOf, kindOf, maybeChild, textOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlValue, Row } from '../types.ts'
import { compareValues, keyOf } from '../values/order.ts'
import type { Operator } from './operator.ts'
import { rowCount } from './ordering.ts'
import type { GroupPlan } from './summarize.ts'
import { compileGroupColumn } from './summarize.ts'

type Level = { of: (row: Row) => KqlValue; plan: GroupPlan; most: number; sign: number }

/** `top-nested N of a by x, top-nested M of b by y`: the first values, within each of them the next, and so on. */
export const topNested: Operator = (node, input, place) => {
  const env = { ...place, columns: input.columns }
  const levels = children(node, 'Clauses').map((clause): Level => {
    if (maybeChild(clause, 'WithOthersClause')) throw unsupported(`'top-nested' operator: with others`)
    const by = child(clause, 'ByExpression')
    const isOrdered = kindOf(by) === 'OrderedExpression'
    const ascending = isOrdered && textOf(child(by, 'Ordering')).toLowerCase().startsWith('asc')
    const count = maybeChild(clause, 'Expression')
    return {
      of: compileScalar(child(clause, 'OfExpression'), env).eval,
      plan: compileGroupColumn(isOrdered ? child(by, 'Expression') : by, env, []),
      most: count ? rowCount(count, place) : Number.POSITIVE_INFINITY,
      sign: ascending ? 1 : -1,
    }
  })
  return {
    columns: columnsOf(node.ResultType),
    *rows(): Iterable<Row> {
      yield* nested([...input.rows()], levels, place.query.tick)
    },
  }
}

function* nested(
  rows: readonly Row[],
  [level, ...deeper]: readonly Level[],
  tick: () => void,
): Iterable<Row> {
  if (!level) {
    yield []
    return
  }
  const groups = new Map<unknown, { value: KqlValue; rows: Row[] }>()
  for (const row of rows) {
    tick()
    const value = level.of(row)
    const group = groups.get(keyOf(value)) ?? { value, rows: [] }
    groups.set(keyOf(value), group)
    group.rows.push(row)
  }
  const ranked = [...groups.values()].map(group => {
    const [part] = level.plan.start()
    for (const row of group.rows) part?.add(row)
    return { ...group, measure: part?.result()[0] ?? null }
  })
  ranked.sort((a, b) => {
    if (a.measure === null || b.measure === null)
      return Number(a.measure === null) - Number(b.measure === null)
    return level.sign * compareValues(a.measure, b.measure)
  })
  for (const group of ranked.slice(0, level.most)) {
    for (const rest of nested(group.rows, deeper, tick)) yield [group.value, group.measure, ...rest]
  }
}
