import type { Environment } from '../environment.ts'
import { unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import {
  child,
  children,
  columnsOf,
  isUnknownColumn,
  kindOf,
  kusto,
  maybeChild,
  nameOf,
  textOf,
} from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlColumn, Relation, Row, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import type { Operator } from './operator.ts'
import { inSerializedRows, usesWindow } from './serialized.ts'

/** A table made of the old one's rows, each turned into another by itself. */
function mapRows(
  node: SyntaxElement,
  input: Relation,
  env: Environment,
  columns: readonly KqlColumn[],
  compile: (env: Environment) => (row: Row) => Row,
): Relation {
  if (usesWindow(node)) return inSerializedRows(input, env, compile, columns)
  const evaluate = compile(env)
  return {
    columns,
    *rows(): Iterable<Row> {
      for (const row of input.rows()) {
        env.query.tick()
        yield evaluate(row)
      }
    },
  }
}

/** `project`: the given expressions and nothing else. */
export const project: Operator = (node, input, place) => {
  const nodes = children(node, 'Expressions')
  const bound = columnsOf(node.ResultType)
  if (bound.length !== nodes.length) throw unsupported(`'project' operator: expressions of several columns`)
  const columns = bound.map((column, index) => {
    if (!isUnknownColumn(node.ResultType, column.name)) return column
    return {
      name: column.name,
      type: compileScalar(nodes[index] ?? node, { ...place, columns: input.columns }).type,
    }
  })
  return mapRows(node, input, { ...place, columns: input.columns }, columns, env => {
    const evaluators = nodes.map((item, index) => typed(compileScalar(item, env), columns[index]).eval)
    return row => evaluators.map(evaluate => evaluate(row))
  })
}

function typed(scalar: Scalar, column: KqlColumn | undefined): Scalar {
  return column ? converted(scalar, column.type) : scalar
}

/** `extend` and `serialize`: columns with the given expressions, replaced where the name exists. */
export const extend: Operator = (node, input, place) => {
  const nodes = children(node, 'Expressions')
  const bound = columnsOf(node.ResultType)
  const names = extendedNames(nodes, bound, input.columns)
  const columns = [...input.columns]
  const targets = names.map((name, index) => {
    const at = columns.findIndex(column => column.name === name)
    const isUnknown = isUnknownColumn(node.ResultType, name)
    const type = isUnknown ? undefined : bound.find(column => column.name === name)?.type
    const target = at < 0 ? columns.length : at
    const env = { ...place, columns: input.columns }
    columns[target] = { name, type: type ?? compileScalar(nodes[index] ?? node, env).type }
    return target
  })
  return mapRows(node, input, { ...place, columns: input.columns }, columns, env => {
    const evaluators = nodes.map(
      (item, index) => typed(compileScalar(item, env), columns[targets[index] ?? 0]).eval,
    )
    return row => {
      const extended = row.slice()
      for (const [index, evaluate] of evaluators.entries()) extended[targets[index] ?? 0] = evaluate(row)
      return extended
    }
  })
}

/** The name of each extended column: given, taken from the expression, or numbered by the binder. */
function extendedNames(nodes: SyntaxElement[], bound: KqlColumn[], before: readonly KqlColumn[]): string[] {
  const taken = new Set(before.map(column => column.name))
  const numbered = bound.filter(column => /^Column\d+$/.test(column.name) && !taken.has(column.name))
  return nodes.map(node => {
    if (kindOf(node) === 'CompoundNamedExpression')
      throw unsupported(`'extend' operator: several names for one value`)
    const own = kusto.Binding.Binder.GetExpressionResultName(node, null)
    const name = own ?? numbered.shift()?.name
    if (name === undefined) throw unsupported(`'extend' operator: an expression without a name`)
    return name
  })
}

/** A table with the columns at these positions of the old one, under the given names. */
function pick(input: Relation, chosen: readonly { position: number; name: string }[]): Relation {
  const positions = chosen.map(item => item.position)
  return {
    columns: chosen.map(({ position, name }) => ({ name, type: input.columns[position]?.type ?? 'dynamic' })),
    *rows(): Iterable<Row> {
      for (const row of input.rows()) yield positions.map(position => row[position] ?? null)
    },
  }
}

/** Which columns a name or a pattern such as `Device*` means. */
function matcher(node: SyntaxElement): (column: KqlColumn) => boolean {
  const kind = kindOf(node)
  if (kind === 'OrderedExpression') return matcher(child(node, 'Expression'))
  if (kind === 'StarExpression') return () => true
  const name = maybeChild(node, 'Name')
  if (!name || !kindOf(name).includes('Wildcarded')) return column => column.name === nameOf(node)
  const parts = textOf(name).split('*')
  const pattern = new RegExp(`^${parts.map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`)
  return column => pattern.test(column.name)
}

function kept(input: Relation, test: (column: KqlColumn) => boolean): Relation {
  return pick(
    input,
    input.columns.flatMap((column, position) => (test(column) ? [{ position, name: column.name }] : [])),
  )
}

/** `project-away`. */
export const projectAway: Operator = (node, input) => {
  const matchers = children(node, 'Expressions').map(matcher)
  return kept(input, column => !matchers.some(matches => matches(column)))
}

/** `project-keep`. */
export const projectKeep: Operator = (node, input) => {
  const matchers = children(node, 'Expressions').map(matcher)
  return kept(input, column => matchers.some(matches => matches(column)))
}

/** `project-reorder`: the named columns first, those of a pattern sorted when it says so. */
export const projectReorder: Operator = (node, input) => {
  const order: number[] = []
  for (const item of children(node, 'Expressions')) {
    const matches = matcher(item)
    const found = [...input.columns.entries()].filter(
      ([at, column]) => matches(column) && !order.includes(at),
    )
    const direction =
      kindOf(item) === 'OrderedExpression' ? textOf(child(item, 'Ordering')).toLowerCase() : ''
    if (direction.startsWith('granny')) throw unsupported(`'project-reorder' operator: ${direction}`)
    const sign = direction === 'asc' ? 1 : direction === 'desc' ? -1 : 0
    if (sign !== 0)
      found.sort(([, a], [, b]) => sign * (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    order.push(...found.map(([at]) => at))
  }
  const rest = [...input.columns.keys()].filter(at => !order.includes(at))
  return pick(
    input,
    [...order, ...rest].map(position => ({ position, name: input.columns[position]?.name ?? '' })),
  )
}

/** `project-rename New = Old, …`. */
export const projectRename: Operator = (node, input) => {
  const renamed = new Map<string, string>()
  for (const item of children(node, 'Expressions')) {
    if (kindOf(item) !== 'SimpleNamedExpression') continue
    renamed.set(nameOf(child(item, 'Expression')), nameOf(child(item, 'Name')))
  }
  return pick(
    input,
    input.columns.map(({ name }, position) => ({ position, name: renamed.get(name) ?? name })),
  )
}
