import type { Accumulator } from '../aggregates/aggregate.ts'
import { compileAggregate, compileTupleAggregate, tupleWidth } from '../aggregates/index.ts'
import type { Environment } from '../environment.ts'
import { tooLarge } from '../environment.ts'
import { unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, isUnknownColumn, kindOf, maybeChild, nameOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import { perRow } from '../scalar/make.ts'
import type { KqlColumn, KqlValue, Relation, Row, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { emptyValue, keyOfAll } from '../values/order.ts'
import type { Operator } from './operator.ts'

/** What is computed for each group: its accumulators, and the values of columns made from their results. */
export type GroupPlan = {
  start(): { add(row: Row): void; result(): KqlValue[] }[]
  width: number
}

const MOST_GROUPS = 1_000_000

/** `summarize aggregates by keys`. */
export const summarize: Operator = (node, input, place) => {
  const env = { ...place, columns: input.columns }
  const byClause = maybeChild(node, 'ByClause')
  const keyNodes = byClause ? children(byClause, 'Expressions') : []
  const keys = keyNodes.map(item => compileScalar(item, env))
  const plans = children(node, 'Aggregates').map(item =>
    compileGroupColumn(item, env, keyNodes.flatMap(plainName)),
  )
  const columns = columnsOf(node.ResultType)
  const width = keys.length + plans.reduce((sum, plan) => sum + plan.width, 0)
  if (width !== columns.length) throw unsupported(`'summarize' operator: these columns together`)
  const settled = columns.map((column, index) => {
    const type = isUnknownColumn(node.ResultType, column.name) ? keys[index]?.type : undefined
    return { name: column.name, type: type ?? column.type }
  })
  return groupRows(input, keys, plans, settled, place)
}

/** `distinct a, b` or `distinct *`. */
export const distinct: Operator = (node, input, place) => {
  const nodes = children(node, 'Expressions')
  const isAll = nodes.length === 1 && nodes[0] && kindOf(nodes[0]) === 'StarExpression'
  const env = { ...place, columns: input.columns }
  const keys = isAll
    ? input.columns.map(({ type }, index) => perRow(type, row => row[index] ?? null))
    : nodes.map(item => compileScalar(item, env))
  return groupRows(input, keys, [], isAll ? input.columns : columnsOf(node.ResultType), place)
}

/** `count` as an operator. */
export const countRows: Operator = (node, input, place) => ({
  columns: columnsOf(node.ResultType),
  *rows(): Iterable<Row> {
    let rows = 0
    for (const _row of input.rows()) {
      place.query.tick()
      rows++
    }
    yield [rows]
  },
})

/** Groups rows by their keys, in the order of the groups' first rows; without keys all rows are one group. */
function groupRows(
  input: Relation,
  keys: readonly Scalar[],
  plans: readonly GroupPlan[],
  columns: readonly KqlColumn[],
  { query }: Pick<Environment, 'query'>,
): Relation {
  const typedKeys = keys.map((key, index) => converted(key, columns[index]?.type ?? key.type).eval)
  const empty = columns.map(column => emptyValue(column.type))
  type Group = { values: KqlValue[]; parts: ReturnType<GroupPlan['start']> }
  return {
    columns,
    *rows(): Iterable<Row> {
      const groups = new Map<unknown, Group>()
      const begin = (values: KqlValue[]) => ({ values, parts: plans.flatMap(plan => plan.start()) })
      if (keys.length === 0) groups.set(keyOfAll([]), begin([]))
      for (const row of input.rows()) {
        query.tick()
        const values = typedKeys.map(key => key(row))
        const id = keyOfAll(values)
        let group = groups.get(id)
        if (!group) {
          if (groups.size >= MOST_GROUPS) throw tooLarge()
          group = begin(values)
          groups.set(id, group)
        }
        for (const part of group.parts) part.add(row)
      }
      for (const { values, parts } of groups.values()) {
        const row = values.concat(parts.flatMap(part => part.result()))
        yield row.map((value, index) => value ?? empty[index] ?? null)
      }
    },
  }
}

/** Compiles one item of `summarize`: an aggregate of several columns, or an expression over aggregates. */
export function compileGroupColumn(
  node: SyntaxElement,
  env: Environment,
  keyNames: readonly string[],
): GroupPlan {
  const inner = unnamed(node)
  const width = tupleWidth(inner)
  if (width !== undefined) {
    const tuple = compileTupleAggregate(inner, env, keyNames)
    return { width, start: () => [tuple.create()] }
  }
  const parts: (() => Accumulator)[] = []
  const result = compileScalar(inner, {
    ...env,
    columns: [],
    aggregate: call => {
      const aggregate = compileAggregate(call, env)
      if (!aggregate) return undefined
      const slot = parts.push(aggregate.create) - 1
      return perRow(aggregate.type, row => row[slot] ?? null)
    },
  })
  const start = () => {
    const accumulators = parts.map(create => create())
    return [
      {
        add: (row: Row) => {
          for (const accumulator of accumulators) accumulator.add(row)
        },
        result: () => [result.eval(accumulators.map(accumulator => accumulator.result()))],
      },
    ]
  }
  return { width: 1, start }
}

function unnamed(node: SyntaxElement): SyntaxElement {
  const kind = kindOf(node)
  const isWrapper = ['SimpleNamedExpression', 'CompoundNamedExpression', 'ParenthesizedExpression'].includes(
    kind,
  )
  return isWrapper ? unnamed(child(node, 'Expression')) : node
}

function plainName(node: SyntaxElement): string[] {
  const inner = unnamed(node)
  return kindOf(inner) === 'NameReference' ? [nameOf(inner)] : []
}
