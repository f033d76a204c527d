import type { Environment } from '../environment.ts'
import { holdRows, positionOf } from '../environment.ts'
import { unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, kindOf, maybeChild, nameOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import { perRow } from '../scalar/make.ts'
import type { KqlColumn, KqlValue, Relation, Row, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { emptyValue, keyOfAll } from '../values/order.ts'
import type { Operator, Place } from './operator.ts'
import { parameterOf } from './operator.ts'

type Keys = { left: (row: Row) => unknown; right: (row: Row) => unknown; sameNames: Set<string> }

const aliases: Record<string, string> = {
  anti: 'leftanti',
  leftantisemi: 'leftanti',
  rightantisemi: 'rightanti',
}

/** `join kind=… (Right) on …`. */
export const join: Operator = (node, input, place) => {
  const given = parameterOf(node, 'kind') ?? 'innerunique'
  const kind = aliases[given] ?? given
  const right = place.query.compileTable(child(node, 'Expression'), place.names)
  const condition = maybeChild(node, 'ConditionClause')
  if (!condition || kindOf(condition) !== 'JoinOnClause')
    throw unsupported(`'join' operator: a join without 'on'`)
  const keys = compileKeys(children(condition, 'Expressions'), input, right, place)
  const rows = joinRows(kind, input, right, keys, place)
  if (kind.endsWith('semi') || kind.endsWith('anti')) {
    return { columns: kind.startsWith('left') ? input.columns : right.columns, rows }
  }
  return { columns: joinedColumns(node, [...input.columns, ...right.columns]), rows }
}

/** `lookup kind=… (Right) on …`: as a left outer or inner join, without the right side's key columns. */
export const lookup: Operator = (node, input, place) => {
  const kind = parameterOf(node, 'kind') ?? 'leftouter'
  if (kind !== 'leftouter' && kind !== 'inner') throw unsupported(`'lookup' operator: kind=${kind}`)
  const right = place.query.compileTable(child(node, 'Expression'), place.names)
  const condition = children(child(node, 'LookupClause'), 'Expressions')
  const keys = compileKeys(condition, input, right, place)
  const kept = right.columns.flatMap((column, index) => (keys.sameNames.has(column.name) ? [] : [index]))
  const positions = [...input.columns.keys(), ...kept.map(index => index + input.columns.length)]
  const all = [...input.columns, ...right.columns]
  const columns = positions.flatMap(position => all[position] ?? [])
  const rows = joinRows(kind, input, right, keys, place)
  return {
    columns: joinedColumns(node, columns),
    *rows(): Iterable<Row> {
      for (const row of rows()) yield positions.map(position => row[position] ?? null)
    },
  }
}

/** Both sides' columns by the names that the binder gives them: the right side's repeated ones are numbered. */
function joinedColumns(node: SyntaxElement, both: readonly KqlColumn[]): KqlColumn[] {
  const bound = columnsOf(node.ResultType)
  if (bound.length !== both.length) throw unsupported('A join of tables whose columns are not known')
  return bound.map(({ name }, index) => ({ name, type: both[index]?.type ?? 'dynamic' }))
}

function compileKeys(nodes: readonly SyntaxElement[], left: Relation, right: Relation, place: Place): Keys {
  const env: Environment = {
    ...place,
    columns: [...left.columns, ...right.columns],
    rightFrom: left.columns.length,
  }
  const sameNames = new Set<string>()
  const pairs = nodes.flatMap(node => pairsOf(node, left, right, env, sameNames))
  // Null equals nothing, itself included: a key with a null in it meets no other.
  const evaluate = (side: Scalar[]) => (row: Row) => {
    const values = side.map(scalar => scalar.eval(row))
    return values.includes(null) ? null : keyOfAll(values)
  }
  return {
    left: evaluate(pairs.map(pair => pair[0])),
    right: evaluate(pairs.map(pair => pair[1])),
    sameNames,
  }
}

/** The pair (or, joined by `and`, pairs) of expressions that one condition compares. */
function pairsOf(
  node: SyntaxElement,
  left: Relation,
  right: Relation,
  env: Environment,
  sameNames: Set<string>,
): [Scalar, Scalar][] {
  const kind = kindOf(node)
  if (kind === 'ParenthesizedExpression')
    return pairsOf(child(node, 'Expression'), left, right, env, sameNames)
  if (kind === 'AndExpression') {
    return ['Left', 'Right'].flatMap(side => pairsOf(child(node, side), left, right, env, sameNames))
  }
  if (kind === 'NameReference') {
    const name = nameOf(node)
    sameNames.add(name)
    return [agreed(columnOf(left, name), columnOf(right, name))]
  }
  if (kind !== 'EqualExpression') throw unsupported(`'join' operator: a condition other than equality`)
  const [a, b] = [child(node, 'Left'), child(node, 'Right')]
  const [own, other] = sideOf(a) === '$right' ? [b, a] : [a, b]
  if (sideOf(own) !== '$left' || sideOf(other) !== '$right')
    throw unsupported(`'join' operator: this condition`)
  const name = nameOf(child(other, 'Selector'))
  sameNames.add(name)
  return [agreed(compileScalar(own, env), columnOf(right, name))]
}

function sideOf(node: SyntaxElement): string {
  const source = maybeChild(node, 'Expression')
  return source && kindOf(source) === 'NameReference' ? nameOf(source) : ''
}

function columnOf(relation: Relation, name: string): Scalar {
  const position = positionOf(relation.columns, name)
  if (position < 0) throw unsupported(`'join' operator: the key '${name}'`)
  return perRow(relation.columns[position]?.type ?? 'dynamic', row => row[position] ?? null)
}

/** Keys of different types meet as text, numbers as numbers. */
function agreed(left: Scalar, right: Scalar): [Scalar, Scalar] {
  if (left.type === right.type) return [left, right]
  const numeric = new Set(['long', 'int', 'real'])
  if (numeric.has(left.type) && numeric.has(right.type)) return [left, right]
  return [converted(left, 'string'), converted(right, 'string')]
}

function joinRows(
  kind: string,
  left: Relation,
  right: Relation,
  keys: Keys,
  place: Place,
): () => Iterable<Row> {
  const { query } = place
  const index = () => {
    const byKey = new Map<unknown, Row[]>()
    for (const row of holdRows(right.rows(), query)) {
      const key = keys.right(row)
      if (key === null) continue
      const found = byKey.get(key)
      if (found) found.push(row)
      else byKey.set(key, [row])
    }
    return byKey
  }
  const nothing = (relation: Relation): KqlValue[] => relation.columns.map(column => emptyValue(column.type))
  switch (kind) {
    case 'inner':
    case 'innerunique':
    case 'leftouter':
      return function* () {
        const byKey = index()
        const seen = new Set<unknown>()
        for (const row of left.rows()) {
          query.tick()
          const key = keys.left(row)
          if (kind === 'innerunique') {
            if (seen.has(key)) continue
            seen.add(key)
          }
          const matches = byKey.get(key)
          if (!matches && kind === 'leftouter') yield row.concat(nothing(right))
          for (const match of matches ?? []) {
            query.tick()
            yield row.concat(match)
          }
        }
      }
    case 'rightouter':
    case 'fullouter':
      return function* () {
        const byKey = index()
        const matched = new Set<unknown>()
        for (const row of left.rows()) {
          query.tick()
          const key = keys.left(row)
          const matches = byKey.get(key)
          if (!matches && kind === 'fullouter') yield row.concat(nothing(right))
          if (matches) matched.add(key)
          for (const match of matches ?? []) {
            query.tick()
            yield row.concat(match)
          }
        }
        for (const row of right.rows()) if (!matched.has(keys.right(row))) yield nothing(left).concat(row)
      }
    case 'leftsemi':
    case 'leftanti':
      return () => halfJoin(left, keys.left, right, keys.right, kind === 'leftsemi')
    case 'rightsemi':
    case 'rightanti':
      return () => halfJoin(right, keys.right, left, keys.left, kind === 'rightsemi')
    default:
      throw unsupported(`'join' operator: kind=${kind}`)
  }
}

function* halfJoin(
  kept: Relation,
  keptKey: (row: Row) => unknown,
  other: Relation,
  otherKey: (row: Row) => unknown,
  wanted: boolean,
): Iterable<Row> {
  const keys = new Set<unknown>()
  for (const row of other.rows()) keys.add(otherKey(row))
  keys.delete(null)
  for (const row of kept.rows()) if (keys.has(keptKey(row)) === wanted) yield row
}
