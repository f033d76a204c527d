import type { Environment } from '../environment.ts'
import { holdRows } from '../environment.ts'
import { semantic, unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, kindOf, maybeChild, nameOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlColumn, KqlType, KqlValue, Relation, Row } from '../types.ts'
import { converted, toText } from '../values/convert.ts'
import { isBag } from '../values/dynamic.ts'
import { keyOfAll } from '../values/order.ts'
import type { Operator, Place } from './operator.ts'
import { compileGroupColumn } from './summarize.ts'

type Plugin = (args: readonly SyntaxElement[], input: Relation, place: Place) => Relation

/** `evaluate plugin(…)`. The columns of these plugins depend on the data, so they run while the query compiles. */
export const evaluate: Operator = (node, input, place) => {
  const call = child(node, 'FunctionCall')
  const name = nameOf(child(call, 'Name'))
  const plugin = plugins[name]
  if (!plugin) throw unsupported(`The plugin '${name}'`)
  const result = plugin(children(child(call, 'ArgumentList'), 'Expressions'), input, place)
  return maybeChild(node, 'Schema') ? declared(result, columnsOf(node.ResultType)) : result
}

/** The result with the columns that the query declares for it. */
function declared(result: Relation, columns: KqlColumn[]): Relation {
  const positions = columns.map(column => result.columns.findIndex(item => item.name === column.name))
  return {
    columns,
    *rows(): Iterable<Row> {
      for (const row of result.rows()) yield positions.map(position => row[position] ?? null)
    },
  }
}

/** `pivot(column[, aggregate[, keys…]])`: the column's values become columns. */
const pivot: Plugin = ([pivotNode, aggregateNode, ...keyNodes], input, place) => {
  if (!pivotNode) throw semantic(`'pivot' needs a column`)
  const env: Environment = { ...place, columns: input.columns }
  const text = converted(compileScalar(pivotNode, env), 'string').eval
  const plan = aggregateNode ? compileGroupColumn(aggregateNode, env, []) : countPlan
  const used = new Set(
    [pivotNode, ...(aggregateNode ? namesIn(aggregateNode) : [])].map(item => nameOf(item)),
  )
  const keys = keyNodes.length
    ? keyNodes.map(item => ({ name: nameOf(item), scalar: compileScalar(item, env) }))
    : input.columns.flatMap((column, index) => {
        if (used.has(column.name)) return []
        return [{ name: column.name, scalar: { type: column.type, eval: (row: Row) => row[index] ?? null } }]
      })
  const names = new Set<string>()
  const groups = new Map<unknown, { values: KqlValue[]; cells: Map<string, ReturnType<typeof plan.start>> }>()
  for (const row of holdRows(input.rows(), place.query)) {
    const values = keys.map(key => key.scalar.eval(row))
    const group = groups.get(keyOfAll(values)) ?? { values, cells: new Map() }
    groups.set(keyOfAll(values), group)
    const name = String(text(row))
    names.add(name)
    const cell = group.cells.get(name) ?? plan.start()
    group.cells.set(name, cell)
    for (const part of cell) part.add(row)
  }
  const sorted = [...names].sort()
  const type: KqlType = aggregateNode ? resultType(aggregateNode) : 'long'
  const rows = [...groups.values()].map(({ values, cells }) => {
    return [
      ...values,
      ...sorted.map(name => cells.get(name)?.[0]?.result()[0] ?? (type === 'long' ? 0 : null)),
    ]
  })
  const columns = [
    ...keys.map(key => ({ name: key.name, type: key.scalar.type })),
    ...sorted.map(name => ({ name, type })),
  ]
  return { columns, rows: () => rows }
}

const countPlan = {
  width: 1,
  start: () => {
    let rows = 0
    return [{ add: () => rows++, result: () => [rows] }]
  },
}

function namesIn(node: SyntaxElement): SyntaxElement[] {
  const found: SyntaxElement[] = kindOf(node) === 'NameReference' ? [node] : []
  for (let index = 0; index < node.ChildCount; index++) {
    const item = node.GetChild(index)
    if (item) found.push(...namesIn(item))
  }
  return found
}

function resultType(node: SyntaxElement): KqlType {
  const name = node.ResultType?.Name
  return name === 'long' || name === 'real' || name === 'string' || name === 'datetime' ? name : 'dynamic'
}

/** `bag_unpack(column[, prefix])`: the keys of the column's bags become columns. */
const bagUnpack: Plugin = ([columnNode, prefixNode, ...others], input, place) => {
  if (!columnNode || others.length > 0) throw unsupported(`'bag_unpack' with these arguments`)
  const env: Environment = { ...place, columns: input.columns }
  const bagOf = compileScalar(columnNode, env).eval
  const prefix = prefixNode ? toText(compileScalar(prefixNode, env).eval([]), 'string') : ''
  const kept = input.columns.flatMap((column, index) => (column.name === nameOf(columnNode) ? [] : [index]))
  const held = holdRows(input.rows(), place.query)
  const types = new Map<string, KqlType>()
  for (const row of held) {
    const bag = bagOf(row)
    for (const [key, value] of Object.entries(isBag(bag) ? bag : {})) {
      if (value !== null) types.set(key, widened(types.get(key), typeOfJson(value)))
    }
  }
  const keys = [...types.keys()].sort()
  const columns = kept.flatMap(index => input.columns[index] ?? [])
  for (const key of keys) {
    const name = `${prefix}${key}`
    if (columns.some(column => column.name === name))
      throw semantic(`'bag_unpack' makes a second column '${name}'`)
    columns.push({ name, type: types.get(key) ?? 'dynamic' })
  }
  const rows = held.map(row => {
    const bag = bagOf(row)
    const cells = keys.map(key => {
      const value = isBag(bag) && Object.hasOwn(bag, key) ? (bag[key] ?? null) : null
      return types.get(key) === 'string' ? toText(value, 'dynamic') : value
    })
    return [...kept.map(index => row[index] ?? null), ...cells]
  })
  return { columns, rows: () => rows }
}

function typeOfJson(value: KqlValue): KqlType {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'long' : 'real'
  return 'dynamic'
}

function widened(known: KqlType | undefined, found: KqlType): KqlType {
  if (known === undefined || known === found) return found
  return new Set(['long', 'real']).isSupersetOf(new Set([known, found])) ? 'real' : 'dynamic'
}

const plugins: Record<string, Plugin> = { pivot, bag_unpack: bagUnpack }
