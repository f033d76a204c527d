import { holdRows } from '../environment.ts'
import { unsupported } from '../error.ts'
import { child, kindOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { Relation, Row } from '../types.ts'
import { keyOf } from '../values/order.ts'
import type { Operator } from './operator.ts'

/** `partition by x (subquery)`: the subquery runs over the rows of each value of `x`, the results follow each other. */
export const partition: Operator = (node, input, place) => {
  const operand = child(node, 'Operand')
  if (kindOf(operand) !== 'PartitionSubquery') throw unsupported(`'partition' operator: this form`)
  const key = compileScalar(child(node, 'ByExpression'), { ...place, columns: input.columns }).eval
  let current: Row[] = []
  const each: Relation = { columns: input.columns, rows: () => current }
  const inner = place.query.compileTable(child(operand, 'Subquery'), place.names, each)
  return {
    columns: inner.columns,
    *rows(): Iterable<Row> {
      const groups = new Map<unknown, Row[]>()
      for (const row of holdRows(input.rows(), place.query)) {
        const id = keyOf(key(row))
        const group = groups.get(id)
        if (group) group.push(row)
        else groups.set(id, [row])
      }
      for (const rows of groups.values()) {
        current = rows
        yield* inner.rows()
      }
    },
  }
}
