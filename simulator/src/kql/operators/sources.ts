import { positionOf, tooLarge } from '../environment.ts'
import { semantic, unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, maybeChild, nameOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlTable, KqlValue, Relation, Row } from '../types.ts'
import { converted } from '../values/convert.ts'
import { compareValues } from '../values/order.ts'
import type { Operator, Place } from './operator.ts'

/** A stored table; when the request names a span of time, only its rows of that span. */
export function tableRelation(table: KqlTable, { query }: Place): Relation {
  const { columns, rows } = table
  const position = positionOf(columns, 'Timestamp')
  const all = typeof rows === 'function' ? rows : () => rows
  const { timespan } = query
  if (!timespan || columns[position]?.type !== 'datetime') return { columns, rows: all }
  return {
    columns,
    *rows(): Iterable<Row> {
      for (const row of all()) {
        query.tick()
        const at = row[position]
        if (typeof at === 'bigint' && at >= timespan.start && at <= timespan.end) yield row
      }
    },
  }
}

/** `print a, b = …`: one row. */
export function printRow(node: SyntaxElement, place: Place): Relation {
  const columns = columnsOf(node.ResultType)
  const nodes = children(node, 'Expressions')
  if (nodes.length !== columns.length) throw unsupported(`'print' operator: expressions of several columns`)
  const values = nodes.map((item, index) => {
    const scalar = compileScalar(item, { ...place, columns: [] })
    return converted(scalar, columns[index]?.type ?? scalar.type).eval([])
  })
  return { columns, rows: () => [values] }
}

const MOST_STEPS = 10_000_000

/** `range x from a to b step c`: numbers or times, both ends included. */
export function rangeRows(node: SyntaxElement, place: Place): Relation {
  const columns = columnsOf(node.ResultType)
  const type = columns[0]?.type ?? 'long'
  const value = (name: string, as: typeof type): KqlValue => {
    return converted(compileScalar(child(node, name), { ...place, columns: [] }), as).eval([])
  }
  const [from, to] = [value('From', type), value('To', type)]
  const step = value('Step', type === 'datetime' ? 'timespan' : type)
  return {
    columns,
    *rows(): Iterable<Row> {
      if (from === null || to === null || step === null || Number(step) === 0) return
      const up = Number(step) > 0
      for (let count = 0; ; count++) {
        place.query.tick()
        if (count > MOST_STEPS) throw tooLarge()
        const at =
          typeof from === 'bigint' && typeof step === 'bigint'
            ? from + step * BigInt(count)
            : Number(from) + Number(step) * count
        const order = compareValues(at, to)
        if (up ? order > 0 : order < 0) return
        yield [at]
      }
    },
  }
}

/** `datatable (a: string, …) [ values ]`. */
export function dataTable(node: SyntaxElement, place: Place): Relation {
  const columns = columnsOf(node.ResultType)
  const values = children(node, 'Values').map((item, index) => {
    const type = columns[index % columns.length]?.type ?? 'dynamic'
    const scalar = compileScalar(item, { ...place, columns: [] })
    // Text in a dynamic cell is that text, not JSON to be read.
    return type === 'dynamic' && scalar.type === 'string' ? scalar.eval([]) : converted(scalar, type).eval([])
  })
  if (columns.length === 0 || values.length % columns.length !== 0) {
    throw semantic('The number of values in a datatable must be a multiple of its columns')
  }
  const rows: Row[] = []
  for (let at = 0; at < values.length; at += columns.length) rows.push(values.slice(at, at + columns.length))
  return { columns, rows: () => rows }
}

const dotnetTypes: Record<string, string> = {
  string: 'System.String',
  long: 'System.Int64',
  int: 'System.Int32',
  real: 'System.Double',
  decimal: 'System.Data.SqlTypes.SqlDecimal',
  bool: 'System.SByte',
  datetime: 'System.DateTime',
  timespan: 'System.TimeSpan',
  dynamic: 'System.Object',
  guid: 'System.Guid',
}

/** `getschema`: a row for each column of the table. */
export const getschema: Operator = (node, input) => {
  if (maybeChild(node, 'KindParameter')) {
    const text = input.columns.map(column => `${column.name}:${column.type}`).join(', ')
    return { columns: columnsOf(node.ResultType), rows: () => [[text]] }
  }
  const rows = input.columns.map(({ name, type }, index) => [name, index, dotnetTypes[type] ?? '', type])
  return { columns: columnsOf(node.ResultType), rows: () => rows }
}

/** The name that `as` gives to the table before it. */
export function nameGiven(node: SyntaxElement): string {
  return nameOf(child(node, 'Name'))
}
