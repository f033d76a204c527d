import type { Environment } from '../environment.ts'
import { positionOf } from '../environment.ts'
import { unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, kindOf, kusto, maybeChild, textOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlColumn, KqlType, KqlValue, Relation, Row } from '../types.ts'
import { convert, converted, toText, toWhole } from '../values/convert.ts'
import { isBag } from '../values/dynamic.ts'
import type { Operator, Place } from './operator.ts'
import { parameterOf } from './operator.ts'
import { rowCount } from './ordering.ts'

type Expansion = { columns: KqlColumn[]; expand: (row: Row) => Iterable<Row>; replaced: Set<string> }

/** `mv-expand`: a row for each element of the arrays, side by side. */
export const mvExpand: Operator = (node, input, place) => {
  const { columns, expand } = compileExpansion(node, input, place)
  return {
    columns,
    *rows(): Iterable<Row> {
      for (const row of input.rows()) {
        for (const expanded of expand(row)) {
          place.query.tick()
          yield expanded
        }
      }
    },
  }
}

/** `mv-apply … on (subquery)`: the subquery runs over the expansion of each row by itself. */
export const mvApply: Operator = (node, input, place) => {
  const { columns, expand, replaced } = compileExpansion(node, input, place)
  let current: Iterable<Row> = []
  const each: Relation = { columns, rows: () => current }
  const subquery = child(child(node, 'Subquery'), 'Expression')
  const inner = place.query.compileTable(subquery, place.names, each)
  const kept = input.columns.flatMap((column, index) => (replaced.has(column.name) ? [] : [index]))
  const keptNames = new Set(kept.map(index => input.columns[index]?.name))
  const added = inner.columns.flatMap((column, index) => (keptNames.has(column.name) ? [] : [index]))
  const bound = columnsOf(node.ResultType)
  const own = [...kept.map(index => input.columns[index]), ...added.map(index => inner.columns[index])]
  if (bound.length !== own.length) throw unsupported(`'mv-apply' operator: a subquery of these columns`)
  return {
    columns: bound.map(({ name }, index) => ({ name, type: own[index]?.type ?? 'dynamic' })),
    *rows(): Iterable<Row> {
      for (const row of input.rows()) {
        place.query.tick()
        const expanded = [...expand(row)]
        if (expanded.length === 0) continue
        current = expanded
        for (const result of inner.rows()) {
          yield [...kept.map(index => row[index] ?? null), ...added.map(index => result[index] ?? null)]
        }
      }
    },
  }
}

function compileExpansion(node: SyntaxElement, input: Relation, place: Place): Expansion {
  const env: Environment = { ...place, columns: input.columns }
  const columns = [...input.columns]
  const asArrays = (parameterOf(node, 'bagexpansion') ?? parameterOf(node, 'kind')) === 'array'
  const replaced = new Set<string>()
  const parts = children(node, 'Expressions').map(item => {
    const value = child(item, 'Expression')
    const name = kusto.Binding.Binder.GetExpressionResultName(value, null)
    if (name === null) throw unsupported(`'mv-expand' operator: an expression without a name`)
    const scalar = converted(compileScalar(value, env), 'dynamic')
    const type = typeNamed(item)
    if (kindOf(value) === 'NameReference') replaced.add(name)
    return { target: putColumn(columns, { name, type }), eval: scalar.eval, type }
  })
  const index = parameterOf(node, 'with_itemindex')
  const indexTarget = index === undefined ? -1 : putColumn(columns, { name: index, type: 'long' })
  const limitClause = maybeChild(node, 'RowLimitClause')
  const limit = limitClause ? rowCount(child(limitClause, 'RowLimit'), place) : Number.POSITIVE_INFINITY
  return {
    columns,
    replaced,
    *expand(row: Row): Iterable<Row> {
      const lists = parts.map(part => elementsOf(part.eval(row), asArrays))
      const length = Math.min(limit, Math.max(...lists.map(list => list.length)))
      for (let at = 0; at < length; at++) {
        const expanded = row.slice()
        for (const [number, part] of parts.entries()) {
          expanded[part.target] = cast(lists[number]?.[at] ?? null, part.type)
        }
        if (indexTarget >= 0) expanded[indexTarget] = at
        yield expanded
      }
    },
  }
}

/** Puts a column where one of its name is, or at the end. */
function putColumn(columns: KqlColumn[], column: KqlColumn): number {
  const position = positionOf(columns, column.name)
  const target = position < 0 ? columns.length : position
  columns[target] = column
  return target
}

function typeNamed(item: SyntaxElement): KqlType {
  const clause = maybeChild(item, 'ToTypeOf')
  if (!clause) return 'dynamic'
  const text = textOf(child(clause, 'TypeOf')).replace(/^typeof\(|\)$/g, '')
  const aliases: Record<string, KqlType> = {
    double: 'real',
    boolean: 'bool',
    date: 'datetime',
    time: 'timespan',
    uuid: 'guid',
  }
  return aliases[text] ?? (text as KqlType)
}

/** What a value expands to: an array's elements, a bag's pairs, itself when it is neither. */
function elementsOf(value: KqlValue, asArrays: boolean): readonly KqlValue[] {
  if (Array.isArray(value)) return value
  if (!isBag(value)) return [value]
  return Object.entries(value).map(([key, item]) => (asArrays ? [key, item] : { [key]: item }))
}

/** An element as the declared type; what is of another type becomes null. */
function cast(value: KqlValue, type: KqlType): KqlValue {
  if (type === 'dynamic') return value
  if (type === 'string') return toText(value, 'dynamic')
  if (type === 'datetime' || type === 'timespan' || type === 'guid') return convert(value, 'dynamic', type)
  if (type === 'bool') return typeof value === 'boolean' ? value : null
  // Integers beyond 2^53 are text inside a dynamic.
  const isNumber =
    typeof value === 'number' || (type === 'long' && typeof value === 'string' && /^-?\d{16,}$/.test(value))
  if (!isNumber) return null
  return type === 'real' ? Number(value) : toWhole(value)
}
