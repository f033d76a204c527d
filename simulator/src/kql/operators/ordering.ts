import { holdRows } from '../environment.ts'
import { semantic } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, kindOf, textOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlValue, Relation, Row } from '../types.ts'
import { compareValues } from '../values/order.ts'
import type { Operator, Place } from './operator.ts'

type Key = { eval: (row: Row) => KqlValue; sign: number; nullsFirst: boolean }

/** What `sort by a asc nulls last, b` orders by; descending and, then, nulls last unless it says otherwise. */
function compileKeys(nodes: readonly SyntaxElement[], input: Relation, place: Place): Key[] {
  return nodes.map(node => {
    const scalar = compileScalar(node, { ...place, columns: input.columns })
    const ordering = kindOf(node) === 'OrderedExpression' ? textOf(child(node, 'Ordering')).toLowerCase() : ''
    const ascending = ordering.startsWith('asc')
    const nullsFirst = ordering.includes('nulls') ? ordering.endsWith('first') : ascending
    return { eval: scalar.eval, sign: ascending ? 1 : -1, nullsFirst }
  })
}

function compareKeys(a: readonly KqlValue[], b: readonly KqlValue[], keys: readonly Key[]): number {
  for (const [index, key] of keys.entries()) {
    const [x, y] = [a[index] ?? null, b[index] ?? null]
    if (x === null || y === null) {
      if (x === y) continue
      return (x === null) === key.nullsFirst ? -1 : 1
    }
    const order = compareValues(x, y) * key.sign
    if (order !== 0) return order
  }
  return 0
}

function sorted(input: Relation, keys: readonly Key[], place: Place): Row[] {
  const held = holdRows(input.rows(), place.query)
  const keyed = held.map(row => ({ row, values: keys.map(key => key.eval(row)) }))
  keyed.sort((a, b) => {
    place.query.tick()
    return compareKeys(a.values, b.values, keys)
  })
  return keyed.map(item => item.row)
}

/** `sort by` and `order by`. */
export const sort: Operator = (node, input, place) => {
  const keys = compileKeys(children(node, 'Expressions'), input, place)
  return { columns: input.columns, rows: () => sorted(input, keys, place) }
}

/** `top N by …`. */
export const top: Operator = (node, input, place) => {
  const most = rowCount(child(node, 'Expression'), place)
  const keys = compileKeys([child(node, 'ByExpression')], input, place)
  return { columns: input.columns, rows: () => sorted(input, keys, place).slice(0, most) }
}

/** `take N` and `limit N`. */
export const take: Operator = (node, input, place) => {
  const most = rowCount(child(node, 'Expression'), place)
  return {
    columns: input.columns,
    *rows(): Iterable<Row> {
      let left = most
      if (left <= 0) return
      for (const row of input.rows()) {
        yield row
        if (--left <= 0) return
      }
    },
  }
}

/** A number of rows, which must be known before any row is seen. */
export function rowCount(node: SyntaxElement, place: Place): number {
  const value = compileScalar(node, { ...place, columns: [] }).constant?.value
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw semantic('A constant number of rows is expected')
  return Number(value)
}

/** Rows of a table in a random order, by the Fisher-Yates shuffle. */
export const sample: Operator = (node, input, place) => {
  const most = rowCount(child(node, 'Expression'), place)
  return {
    columns: input.columns,
    rows: () => {
      const rows = holdRows(input.rows(), place.query)
      const count = Math.min(Math.max(0, most), rows.length)
      for (let index = 0; index < count; index++) {
        const other = index + Math.floor(Math.random() * (rows.length - index))
        const [a, b] = [rows[index] ?? [], rows[other] ?? []]
        rows[index] = b
        rows[other] = a
      }
      return rows.slice(0, count)
    },
  }
}

/** `sample-distinct N of X`: the first N distinct values. */
export const sampleDistinct: Operator = (node, input, place) => {
  const most = rowCount(child(node, 'Expression'), place)
  const of = compileScalar(child(node, 'OfExpression'), { ...place, columns: input.columns })
  return {
    columns: columnsOf(node.ResultType),
    *rows(): Iterable<Row> {
      const seen = new Set<unknown>()
      for (const row of input.rows()) {
        if (seen.size >= most) return
        const value = of.eval(row)
        if (seen.has(value)) continue
        seen.add(value)
        yield [value]
      }
    },
  }
}
