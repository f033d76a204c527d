import type { Environment } from '../environment.ts'
import { holdRows } from '../environment.ts'
import type { SyntaxElement } from '../language.ts'
import { child, descendants, kindOf, nameOf } from '../language.ts'
import { windowFunctions } from '../scalar/window.ts'
import type { KqlColumn, Relation, Row } from '../types.ts'

/** Whether an expression looks at neighbouring rows. */
export function usesWindow(node: SyntaxElement): boolean {
  for (const item of descendants(node)) {
    if (kindOf(item) === 'FunctionCallExpression' && windowFunctions.has(nameOf(child(item, 'Name'))))
      return true
  }
  return false
}

/**
 * Runs over rows that can see each other.
 *
 * @param compile is called anew for each run, because row numbers and running sums count from the start
 */
export function inSerializedRows(
  input: Relation,
  env: Environment,
  compile: (env: Environment) => (row: Row) => Row | undefined,
  columns: readonly KqlColumn[] = input.columns,
): Relation {
  return {
    columns,
    *rows(): Iterable<Row> {
      const rows = holdRows(input.rows(), env.query)
      let current = 0
      const window = { rowAt: (offset: number) => rows[current + offset], index: () => current }
      const evaluate = compile({ ...env, window })
      for (; current < rows.length; current++) {
        env.query.tick()
        const result = evaluate(rows[current] ?? [])
        if (result) yield result
      }
    },
  }
}
