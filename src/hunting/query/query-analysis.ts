import type { ParameterType } from './literals.ts'
import type { QueryProblem } from './query-problem.ts'

/** What is known of a query before any tenant is asked. */
export type QueryAnalysis = {
  /** no errors; warnings do not count */
  ok: boolean
  /**
   * It parses, so it can be sent in spite of its errors: they are about names,
   * types and arguments, of which a live tenant knows more than any documentation.
   */
  runnableWithUnknownNames: boolean
  problems: QueryProblem[]
  /** tables that the query reads, known or not, in the order of first use */
  tables: string[]
  unknownTables: string[]
  /** columns of the result with their Kusto types, as far as they are known */
  columns: { name: string; type: string }[]
  /** the query itself compares a time column, so that the time span may be narrower than asked */
  hasTimeFilter: boolean
  /** functions that are not of the language: Defender's own, other data sources, unknown saved ones */
  usesFunctions: string[]
  /** where the query declares parameters, in the order of the text */
  declarations: ParameterDeclaration[]
  /** why a declaration cannot be used, with the remedy */
  declarationProblem: { message: string; remedy: string } | null
  /** why the query cannot be asked span by span, to follow a colon; null when it can */
  slicingObstacle: string | null
}

/** A `declare query_parameters(…)` statement, its semicolon included. Offsets in UTF-16 code units. */
export type ParameterDeclaration = {
  start: number
  end: number
  parameters: {
    name: string
    type: ParameterType
    /** as a person types it; null when a value must be given */
    defaultValue: string | null
    /** the default as the query writes it */
    literal: string | null
  }[]
}

/** Longer queries are refused unread; Microsoft's own limit is not published. UTF-16 code units. */
export const maxQueryLength = 100_000
