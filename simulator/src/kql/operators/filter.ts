import { child } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { Row } from '../types.ts'
import { converted } from '../values/convert.ts'
import type { Operator } from './operator.ts'
import { inSerializedRows, usesWindow } from './serialized.ts'

/** `where`: rows whose condition is true; null is not true. */
export const where: Operator = (node, input, place) => {
  const condition = child(node, 'Condition')
  const env = { ...place, columns: input.columns }
  if (usesWindow(condition)) {
    return inSerializedRows(input, env, inner => {
      const test = converted(compileScalar(condition, inner), 'bool').eval
      return row => (test(row) === true ? row : undefined)
    })
  }
  const test = converted(compileScalar(condition, env), 'bool').eval
  return {
    columns: input.columns,
    *rows(): Iterable<Row> {
      for (const row of input.rows()) {
        place.query.tick()
        if (test(row) === true) yield row
      }
    },
  }
}
