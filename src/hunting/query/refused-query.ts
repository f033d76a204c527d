import type { QueryAnalysis } from './query-analysis.ts'
import { placeProblem, type QueryProblem } from './query-problem.ts'

/** The analysis of a query that is refused as a whole, for good: nothing else is known of it. */
export function refused(
  query: string,
  problem: Pick<QueryProblem, 'message' | 'remedy' | 'start' | 'length'> & { kind?: QueryProblem['kind'] },
): QueryAnalysis {
  return {
    ok: false,
    runnableWithUnknownNames: false,
    problems: [placeProblem(query, { kind: 'syntax', severity: 'error', ...problem })],
    tables: [],
    unknownTables: [],
    columns: [],
    hasTimeFilter: false,
    usesFunctions: [],
    declarations: [],
    declarationProblem: null,
    slicingObstacle: 'the query was refused',
  }
}
