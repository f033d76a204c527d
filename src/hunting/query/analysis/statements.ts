import { placeProblem, type QueryProblem } from '../query-problem.ts'
import { huntingLanguage, itemsOf } from './language/language.ts'
import { childrenOf, isA, type SyntaxNode } from './language/syntax-tree.ts'
import type { Examination } from './problems/diagnosis.ts'

/**
 * Objections to the query as a whole: it must be there and end in
 * the one query whose result is wanted.
 */
export function statementProblems(query: string, { code }: Examination): QueryProblem[] {
  const { kusto } = huntingLanguage()
  const whole = { start: 0, length: query.length }
  const block = code.Syntax
  if (!isA(kusto.Syntax.QueryBlock, block)) return []
  const statements = statementsOf(block)
  const queries = statements.filter(statement => isA(kusto.Syntax.ExpressionStatement, statement))
  const last = statements.at(-1)
  const isUnreadable = [...itemsOf(code.GetSyntaxDiagnostics())].length > 0
  if (isUnreadable) return []

  if (!last || last.Width === 0) {
    return [
      error(query, {
        ...whole,
        message: 'There is no query.',
        remedy: 'Write a query that begins with a table, such as DeviceInfo | take 10.',
      }),
    ]
  }
  if (!isA(kusto.Syntax.ExpressionStatement, last)) {
    return [
      error(query, {
        start: last.TextStart,
        length: last.Width,
        message: 'The last statement is not a query, so there is nothing to answer.',
        remedy: 'End with a query that uses what was declared before.',
      }),
    ]
  }
  return queries.slice(0, -1).map(earlier =>
    placeProblem(query, {
      kind: 'semantic',
      severity: 'warning',
      start: earlier?.TextStart ?? 0,
      length: earlier?.Width ?? 0,
      message: 'More than one query: a hunt has one result, so this one may show nothing.',
      remedy: 'Combine them with union, or run each as a hunt of its own.',
    }),
  )
}

function statementsOf(block: Kusto.Language.Syntax.QueryBlock): SyntaxNode[] {
  const { kusto } = huntingLanguage()
  return childrenOf(block.Statements).flatMap(element =>
    isA(kusto.Syntax.SeparatedElement, element) ? childrenOf(element).slice(0, 1) : [],
  )
}

function error(
  query: string,
  problem: Pick<QueryProblem, 'start' | 'length' | 'message' | 'remedy'>,
): QueryProblem {
  return placeProblem(query, { kind: 'syntax', severity: 'error', ...problem })
}
