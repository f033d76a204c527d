import type { SyntaxElement } from '../language.ts'
import { child, children, maybeChild } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { Relation, Row } from '../types.ts'
import { converted } from '../values/convert.ts'
import type { Place } from './operator.ts'
import { combine, legsOf, storedLeg } from './union.ts'

/** `search [in (tables)] condition`: rows of all the tables, with the table's name in `$table`. */
export function search(node: SyntaxElement, input: Relation | undefined, place: Place): Relation {
  const inClause = maybeChild(node, 'InClause')
  const named = inClause ? children(inClause, 'Expressions').flatMap(item => legsOf(item, place)) : []
  const all = () => place.query.database.tableNames().flatMap(name => storedLeg(name, place))
  const legs = input ? [{ name: '', relation: input }] : inClause ? named : all()
  const found = combine(legs, '$table', false)
  // The name of the table is not part of what is searched.
  const env = {
    ...place,
    columns: found.columns.map((column, index) => (index === 0 ? { ...column, name: '' } : column)),
  }
  const test = converted(compileScalar(child(node, 'Condition'), env), 'bool').eval
  return {
    columns: found.columns,
    *rows(): Iterable<Row> {
      for (const row of found.rows()) {
        place.query.tick()
        if (test(row) === true) yield row
      }
    },
  }
}
