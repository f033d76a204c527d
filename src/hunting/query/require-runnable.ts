import { AppError } from '../../errors.ts'
import type { QueryAnalysis } from './query-analysis.ts'

/**
 * Refuses a query before any tenant is called.
 *
 * @param allowUnknownNames run it in spite of every objection but that it does not parse
 * @throws AppError `invalid_query` whose details hold `problems` with positions, and
 *   `runnableWithUnknownNames`
 */
export function requireRunnable(
  { ok, problems, runnableWithUnknownNames }: QueryAnalysis,
  allowUnknownNames: boolean,
): void {
  if (ok || (allowUnknownNames && runnableWithUnknownNames)) return

  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  const where = first ? ` at line ${first.line}, column ${first.column}: ${first.message}` : ''
  throw new AppError('invalid_query', `the query has ${countOf(errors.length)}${where}`, {
    remedy: runnableWithUnknownNames
      ? 'Correct it, or run it anyway when you know that the tenants have these tables, columns and types.'
      : (first?.remedy ?? 'Correct the query.'),
    details: { problems, runnableWithUnknownNames },
  })
}

function countOf(errors: number): string {
  return errors === 1 ? 'an error' : `${errors} errors, the first`
}
