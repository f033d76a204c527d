import { commandMessage, type Diagnosis, type Examination, examine } from './diagnosis.ts'
import { argumentsOfEnrichment } from './enrichment-arguments.ts'
import { huntingLanguage, itemsOf } from './language.ts'
import { nestingBeyond } from './nesting.ts'
import { placeProblem, type QueryProblem } from './problem.ts'
import { referencesIn } from './query-references.ts'
import { commandRemedy, remedyFor } from './remedy.ts'
import { huntingTables } from './schema.ts'
import { statementProblems } from './statements.ts'
import { suggestionsFor } from './suggestions.ts'
import { isA } from './syntax-tree.ts'

/** What is known of a query before any tenant is asked. */
export type QueryAnalysis = {
  /** no errors; warnings do not count */
  ok: boolean
  /** the only errors are tables, columns or saved functions that no documentation lists */
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
}

/** Longer queries are refused unread; Microsoft's own limit is not published. UTF-16 code units. */
export const maxQueryLength = 100_000

/** Brackets within brackets; the parser's time grows with a high power of this (7 s at 2,000). */
const maxNesting = 150

/**
 * Reads a hunting query with Kusto's own parser and binder against the
 * documented schema: 10 to 30 ms. Never throws.
 *
 * @see Kusto Query Language reference; Microsoft Defender XDR, "Advanced
 * hunting schema"
 */
export function analyzeQuery(query: string): QueryAnalysis {
  if (query.length > maxQueryLength) {
    return refused(query, {
      message: `The query has ${query.length} characters; ${maxQueryLength} are the most.`,
      remedy: 'Shorten the query, for example by moving long lists into externaldata or a join.',
      start: maxQueryLength,
      length: query.length - maxQueryLength,
    })
  }
  const tooDeep = nestingBeyond(query, maxNesting)
  if (tooDeep !== undefined) return refusedAsTooDeep(query, tooDeep)
  try {
    return analyze(query)
  } catch (error) {
    if (error instanceof RangeError) return refusedAsTooDeep(query, 0)
    throw error
  }
}

function analyze(query: string): QueryAnalysis {
  const language = huntingLanguage()
  // Commands are not even parsed: their grammar alone takes half a second to load.
  if (language.kusto.KustoCode.GetKind(query) === 'Command') return refusedCommand(query)

  const first = examine(query, language.documented)
  const refusals = statementProblems(query, first)
  const diagnoses = excused(first)

  const namedTables = unknownNames(diagnoses, 'table')
  const hasUnknownNames = diagnoses.some(({ unknown }) => unknown)
  const second = hasUnknownNames ? examine(query, language.withUnknownNames(namedTables)) : first
  const documented = new Set(huntingTables().map(({ name }) => name))
  const unknown = new Set(namedTables)
  const seen = referencesIn(second, name => documented.has(name) || unknown.has(name))

  const problems = [
    ...refusals,
    ...diagnoses.map(diagnosis => toProblem(query, diagnosis, first)),
    ...cautions(query, first, seen.readsEveryTable),
  ].sort((one, other) => one.start - other.start)
  const ok = problems.every(({ severity }) => severity !== 'error')
  const everyTable = seen.readsEveryTable ? documented : []
  const tables = [...new Set([...seen.tables, ...everyTable, ...namedTables])]

  return {
    ok,
    runnableWithUnknownNames:
      !ok && refusals.every(isWarning) && onlyNamesAreMissing(diagnoses, excused(second)),
    problems,
    tables,
    unknownTables: tables.filter(name => !documented.has(name)),
    columns: resultColumns(first),
    hasTimeFilter: seen.hasTimeFilter,
    usesFunctions: [...new Set([...seen.functions, ...unknownNames(diagnoses, 'function')])],
  }
}

/** Errors that vanish once the unknown names exist are only echoes of them. */
function onlyNamesAreMissing(strict: Diagnosis[], open: Diagnosis[]): boolean {
  const isAboutNames = (diagnosis: Diagnosis) =>
    diagnosis.severity === 'warning' || diagnosis.kind === 'unknown-name'
  return strict.every(isAboutNames) || open.every(isAboutNames)
}

function isWarning({ severity }: QueryProblem): boolean {
  return severity === 'warning'
}

/** Columns named as arguments of Defender's enrichment functions are no mistake, though Kusto thinks so. */
function excused(examination: Examination): Diagnosis[] {
  const allowed = argumentsOfEnrichment(examination.nodes)
  return examination.diagnoses.filter(({ unknown, start }) => !(unknown === 'column' && allowed.has(start)))
}

function unknownNames(diagnoses: Diagnosis[], kind: 'table' | 'function'): string[] {
  return [...new Set(diagnoses.filter(({ unknown }) => unknown === kind).map(({ name }) => name ?? ''))]
}

function toProblem(query: string, diagnosis: Diagnosis, examination: Examination): QueryProblem {
  const { kind, severity, message, start, length, name } = diagnosis
  const suggestions = suggestionsFor(diagnosis, examination)
  return placeProblem(query, {
    kind,
    severity,
    message,
    remedy: remedyFor(diagnosis, suggestions),
    start,
    length,
    ...(name !== undefined && { name }),
    ...(suggestions.length > 0 && { suggestions }),
  })
}

function cautions(
  query: string,
  { isBound, diagnoses }: Examination,
  readsEveryTable: boolean,
): QueryProblem[] {
  const whole = { kind: 'semantic', severity: 'warning', start: 0, length: query.length } as const
  const found: QueryProblem[] = []
  if (readsEveryTable) {
    found.push(
      placeProblem(query, {
        ...whole,
        message: 'The query reads every table of each tenant.',
        remedy:
          'Name the tables, as in search in (DeviceEvents, EmailEvents) "text", to spare the tenants\' quota.',
      }),
    )
  }
  if (!isBound && diagnoses.every(({ severity }) => severity === 'warning')) {
    found.push(
      placeProblem(query, {
        ...whole,
        message: 'Names and types in this query could not be checked.',
        remedy: 'Look it over once more: a mistake would show only when the tenants answer.',
      }),
    )
  }
  return found
}

function resultColumns({ code, isBound }: Examination): QueryAnalysis['columns'] {
  const { kusto } = huntingLanguage()
  const type = isBound ? code.ResultType : null
  if (!isA(kusto.Symbols.TableSymbol, type)) return []
  return [...itemsOf(type.Columns)].map(column => ({
    name: column.Name ?? '',
    type: column.Type?.Name ?? 'unknown',
  }))
}

function refusedAsTooDeep(query: string, start: number): QueryAnalysis {
  return refused(query, {
    message: 'The query is nested too deeply to be read.',
    remedy: 'Nest brackets less deeply, and replace long chains of conditions with in() or has_any().',
    start,
    length: query.length - start,
  })
}

function refusedCommand(query: string): QueryAnalysis {
  const start = query.search(/^[ \t]*\./m)
  return refused(query, {
    kind: 'control-command',
    message: commandMessage,
    remedy: commandRemedy,
    start: Math.max(0, start),
    length: query.length - Math.max(0, start),
  })
}

function refused(
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
  }
}
