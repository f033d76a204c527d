import type { QueryAnalysis } from '../query-analysis.ts'
import { placeProblem, type QueryProblem } from '../query-problem.ts'
import { refused } from '../refused-query.ts'
import { huntingTables } from '../schema.ts'
import { declarationsIn } from './language/declarations.ts'
import { huntingLanguage, itemsOf } from './language/language.ts'
import { isA } from './language/syntax-tree.ts'
import { nestingBeyond } from './nesting.ts'
import {
  bindQuery,
  commandMessage,
  type Diagnosis,
  type Examination,
  examine,
  parseQuery,
} from './problems/diagnosis.ts'
import { argumentsOfEnrichment } from './problems/enrichment-arguments.ts'
import { commandRemedy, remedyFor } from './problems/remedy.ts'
import { suggestionsFor } from './problems/suggestions.ts'
import { referencesIn } from './query-references.ts'
import { notUnderstood, slicingObstacle } from './slicing-obstacle.ts'
import { statementProblems } from './statements.ts'

/** Brackets within brackets; the parser's time grows with a high power of this (7 s at 2,000). */
const maxNesting = 150

/**
 * Reads a hunting query with Kusto's own parser and binder against the
 * documented schema: 10 to 30 ms for most, without end for some, so it runs
 * where it can be ended. Never throws.
 *
 * @param report called once the query is parsed, with the analysis to go by should binding it not end
 * @see Kusto Query Language reference; Microsoft Defender XDR, "Advanced
 * hunting schema"
 */
export function analyzeQuery(
  query: string,
  report: (parsedOnly: QueryAnalysis) => void = () => {},
): QueryAnalysis {
  const tooDeep = nestingBeyond(query, maxNesting)
  if (tooDeep !== undefined) return refusedAsTooDeep(query, tooDeep)
  try {
    return analyze(query, report)
  } catch (error) {
    if (error instanceof RangeError) return refusedAsTooDeep(query, 0)
    throw error
  }
}

function analyze(query: string, report: (parsedOnly: QueryAnalysis) => void): QueryAnalysis {
  const language = huntingLanguage()
  // Commands are not even parsed: their grammar alone takes half a second to load.
  if (language.kusto.KustoCode.GetKind(query) === 'Command') return refusedCommand(query)

  const parsed = parseQuery(query, language.documented)
  const refusals = statementProblems(query, parsed)
  report(parsedOnly(query, parsed, refusals))

  const first = bindQuery(query, parsed, language.documented)
  const diagnoses = excused(first)
  const namedTables = unknownNames(diagnoses, 'table')
  const hasUnknownNames = diagnoses.some(({ unknown }) => unknown)
  const second = hasUnknownNames ? examine(query, language.withUnknownNames(namedTables)) : first
  const unknown = new Set(namedTables)
  const seen = referencesIn(second, name => isDocumented(name) || unknown.has(name))

  const problems = inOrder([
    ...refusals,
    ...diagnoses.map(diagnosis => toProblem(query, diagnosis, first)),
    ...cautions(query, first, seen.readsEveryTable),
  ])
  const everyTable = seen.readsEveryTable ? huntingTables().map(({ name }) => name) : []
  const tables = [...new Set([...seen.tables, ...everyTable, ...namedTables])]
  const { ok, runnableWithUnknownNames } = verdictOn(problems)

  return {
    ok,
    runnableWithUnknownNames,
    problems,
    tables,
    unknownTables: tables.filter(name => !isDocumented(name)),
    columns: resultColumns(first),
    hasTimeFilter: seen.hasTimeFilter,
    usesFunctions: [...new Set([...seen.functions, ...unknownNames(diagnoses, 'function')])],
    ...declarationsIn(query, first.nodes),
    slicingObstacle: slicingObstacle(query, first, { ok, tables }),
  }
}

/** What is known of a query whose names and types nobody could check. */
function parsedOnly(query: string, parsed: Examination, refusals: QueryProblem[]): QueryAnalysis {
  const tables = referencesIn(parsed, isDocumented).tables
  const problems = inOrder([
    ...refusals,
    ...parsed.diagnoses.map(diagnosis => toProblem(query, diagnosis, parsed)),
    placeProblem(query, {
      kind: 'semantic',
      severity: 'error',
      start: 0,
      length: query.length,
      message: 'The query is too complex: its names and types could not be checked in time.',
      remedy:
        'Shorten it: each let statement that uses the one before it twice doubles the work. Run it anyway if you know that the tenants can answer it.',
    }),
  ])
  return {
    ...verdictOn(problems),
    problems,
    tables,
    unknownTables: [],
    columns: [],
    hasTimeFilter: false,
    usesFunctions: [],
    ...declarationsIn(query, parsed.nodes),
    slicingObstacle: notUnderstood,
  }
}

/** Only what does not parse is refused for good. */
function verdictOn(problems: QueryProblem[]): Pick<QueryAnalysis, 'ok' | 'runnableWithUnknownNames'> {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const isOfMeaning = ({ kind }: QueryProblem) => kind === 'unknown-name' || kind === 'semantic'
  return { ok: errors.length === 0, runnableWithUnknownNames: errors.length > 0 && errors.every(isOfMeaning) }
}

const documentedNames = new Set(huntingTables().map(({ name }) => name))

function isDocumented(table: string): boolean {
  return documentedNames.has(table)
}

function inOrder(problems: QueryProblem[]): QueryProblem[] {
  return problems.toSorted((one, other) => one.start - other.start)
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
  const start = Math.max(0, query.search(/^[ \t]*\./m))
  return refused(query, {
    kind: 'control-command',
    message: commandMessage,
    remedy: commandRemedy,
    start,
    length: query.length - start,
  })
}
