import { AppError } from '../../errors.ts'
import { analyzeQuery, type QueryAnalysis } from '../kql/analyze-query.ts'

/**
 * Checks a query before any tenant is called.
 *
 * @param allowUnknownNames run although tables or columns are in no documentation
 * @throws AppError `invalid_query` whose details hold `problems` with positions, and
 *   `runnableWithUnknownNames`
 */
export function analyzeOrRefuse(query: string, allowUnknownNames: boolean): QueryAnalysis {
  const analysis = analyzeQuery(query)
  if (analysis.ok || (allowUnknownNames && analysis.runnableWithUnknownNames)) return analysis

  const { problems, runnableWithUnknownNames } = analysis
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const where = first ? ` at line ${first.line}, column ${first.column}: ${first.message}` : ''
  throw new AppError('invalid_query', `the query has ${countOf(errors.length)}${where}`, {
    remedy: runnableWithUnknownNames
      ? 'Correct the names, or run it anyway when you know that the tenants have these tables and columns.'
      : (first?.remedy ?? 'Correct the query.'),
    details: { problems, runnableWithUnknownNames },
  })
}

function countOf(errors: number): string {
  return errors === 1 ? 'an error' : `${errors} errors, the first`
}
