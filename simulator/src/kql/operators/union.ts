import { semantic } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { children, kindOf, maybeChild, nameOf, textOf } from '../language.ts'
import type { KqlColumn, Relation, Row } from '../types.ts'
import { emptyValue } from '../values/order.ts'
import type { Place } from './operator.ts'
import { parameterOf } from './operator.ts'
import { tableRelation } from './sources.ts'

type Leg = { name: string; relation: Relation }

/**
 * `union`: the rows of all legs one after the other.
 *
 * @param first the table before the pipe, when there is one
 */
export function union(node: SyntaxElement, first: Relation | undefined, place: Place): Relation {
  const fuzzy = parameterOf(node, 'isfuzzy') === 'true'
  const legs: Leg[] = children(node, 'Expressions').flatMap((item, index) => {
    return legsOf(item, place, fuzzy).map(leg => ({
      ...leg,
      name: leg.name || `union_arg${index + (first ? 1 : 0)}`,
    }))
  })
  if (first) legs.unshift({ name: 'union_arg0', relation: first })
  if (legs.length === 0) throw semantic(`'union' operator: none of the tables exists`)
  const source = parameterOf(node, 'withsource') ?? parameterOf(node, 'with_source')
  return combine(legs, source, parameterOf(node, 'kind') === 'inner')
}

/** The tables that one argument of `union` or `search in` stands for; patterns stand for many. */
export function legsOf(item: SyntaxElement, place: Place, fuzzy = false): Leg[] {
  const kind = kindOf(item)
  if (kind === 'StarExpression')
    return place.query.database.tableNames().flatMap(name => storedLeg(name, place))
  if (kind === 'NameReference') {
    const name = maybeChild(item, 'Name')
    if (name && kindOf(name).includes('Wildcarded')) {
      const pattern = new RegExp(`^${textOf(name).split('*').map(escapeRegex).join('.*')}$`)
      const names = place.query.database.tableNames().filter(table => pattern.test(table))
      return names.flatMap(table => storedLeg(table, place))
    }
    const isKnown = place.names.find(nameOf(item)) ?? place.query.database.table(nameOf(item))
    if (!isKnown && fuzzy) return []
    return [{ name: nameOf(item), relation: place.query.compileTable(item, place.names) }]
  }
  return [{ name: '', relation: place.query.compileTable(item, place.names) }]
}

/** The leg of a stored table, when there is one of that name. */
export function storedLeg(name: string, place: Place): Leg[] {
  const table = place.query.database.table(name)
  return table ? [{ name, relation: tableRelation(table, place) }] : []
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** Brings the columns of all legs together by name; columns of one name and several types are kept apart. */
export function combine(legs: readonly Leg[], source: string | undefined, onlyCommon: boolean): Relation {
  const columns = unionColumns(legs, onlyCommon)
  const layouts = legs.map(({ relation }) => {
    return columns.map(column => {
      return relation.columns.findIndex(item => {
        return item.name === column.from && (item.type === column.type || !column.split)
      })
    })
  })
  const own = columns.map(({ name, type }): KqlColumn => ({ name, type }))
  const empty = own.map(column => emptyValue(column.type))
  return {
    columns: source ? [{ name: source, type: 'string' }, ...own] : own,
    *rows(): Iterable<Row> {
      for (const [index, { name, relation }] of legs.entries()) {
        const layout = layouts[index] ?? []
        for (const row of relation.rows()) {
          const values = layout.map((position, at) =>
            position < 0 ? (empty[at] ?? null) : (row[position] ?? null),
          )
          yield source ? [name, ...values] : values
        }
      }
    },
  }
}

type UnionColumn = KqlColumn & { from: string; split: boolean }

function unionColumns(legs: readonly Leg[], onlyCommon: boolean): UnionColumn[] {
  const types = new Map<string, KqlColumn['type'][]>()
  for (const { relation } of legs) {
    for (const { name, type } of relation.columns) {
      const known = types.get(name) ?? []
      if (!known.includes(type)) known.push(type)
      types.set(name, known)
    }
  }
  const isCommon = (name: string) => {
    return legs.every(({ relation }) => relation.columns.some(column => column.name === name))
  }
  return [...types].flatMap(([name, known]) => {
    if (onlyCommon && !isCommon(name)) return []
    const split = known.length > 1
    return known.map(type => ({ name: split ? `${name}_${type}` : name, type, from: name, split }))
  })
}
