import { deadline } from './clock.ts'
import { firstFault } from './diagnostics.ts'
import type { QueryContext } from './environment.ts'
import { noNames, tooLarge } from './environment.ts'
import { KqlError, semantic, unsupported } from './error.ts'
import { withoutMissingLegs } from './fuzzy-union.ts'
import { globalsFor } from './globals.ts'
import type { KustoCode, SyntaxElement } from './language.ts'
import {
  child,
  children,
  descendants,
  isServiceFailure,
  isTabular,
  kindOf,
  kusto,
  nameOf,
} from './language.ts'
import { refuseDeepNesting } from './nesting.ts'
import { compileScalar } from './scalar/expression.ts'
import { bindStatements } from './scalar/user-function.ts'
import { compileTable } from './table.ts'
import type { KqlDatabase, KqlOptions, KqlResult, KqlValue, Relation } from './types.ts'
import { ticksOfDate } from './values/datetime.ts'

const LONGEST_QUERY = 100_000
const DEFAULT_DEADLINE_MS = 180_000

/**
 * Runs one query.
 *
 * @returns the columns as the language names them, and at most `maxRows` rows; `truncated` when there were more
 * @throws KqlError `syntax` or `semantic` when the query is wrong, `unsupported` when it is right but beyond this
 * engine, `limit` or `timeout` when it needs too much
 */
export function runQuery(query: string, database: KqlDatabase, options: KqlOptions): KqlResult {
  refuseDeepNesting(query)
  try {
    const tree = bind(query, database)
    options.onBound?.()
    return collect(compile(tree, contextOf(database, options)), options.maxRows)
  } catch (error) {
    if (isExhaustion(error)) throw tooLarge()
    if (isServiceFailure(error)) throw semantic('A recognition error occurred')
    throw error
  }
}

/** Nesting without end (in the text of the query or in JSON), or text and lists beyond what memory can hold. */
function isExhaustion(error: unknown): boolean {
  return error instanceof RangeError && /call stack|Invalid (?:string|array) length/.test(error.message)
}

function bind(query: string, database: KqlDatabase): SyntaxElement {
  if (query.length > LONGEST_QUERY) {
    throw new KqlError(
      'limit',
      'The query cannot run because it exceeds the allowed size limit when processed.',
    )
  }
  if (/^(?:\s|\/\/[^\n]*\n)*\./.test(query)) {
    throw new KqlError('syntax', 'The incomplete fragment is unexpected.. Fix syntax errors in your query.')
  }
  const globals = globalsFor(database.schema)
  const parse = (text: string) => kusto.KustoCode.ParseAndAnalyze(text, globals)
  const first = parse(query)
  const reduced = withoutMissingLegs(first, query)
  const code = withQuotedColumns(reduced === query ? first : parse(reduced), reduced, parse)
  const fault = firstFault(code.code, code.text)
  if (fault) throw fault
  return code.code.Syntax
}

/**
 * `invoke FileProfile(SHA1)` names a column of the table before the pipe, where a function written in the language
 * can take only its name as text.
 */
function withQuotedColumns(
  code: KustoCode,
  query: string,
  parse: (text: string) => KustoCode,
): { code: KustoCode; text: string } {
  let text = query
  for (const node of [...descendants(code.Syntax)].reverse()) {
    if (kindOf(node) !== 'InvokeOperator') continue
    const call = child(node, 'Function')
    if (kindOf(call) !== 'FunctionCallExpression' || nameOf(child(call, 'Name')) !== 'FileProfile') continue
    const [column] = children(child(call, 'ArgumentList'), 'Expressions')
    if (!column || kindOf(column) !== 'NameReference') continue
    text = `${text.slice(0, column.TextStart)}"${nameOf(column)}"${text.slice(column.End)}`
  }
  return text === query ? { code, text } : { code: parse(text), text }
}

function contextOf(database: KqlDatabase, options: KqlOptions): QueryContext {
  const { timespan } = options
  const context: QueryContext = {
    database,
    now: ticksOfDate(options.now),
    timespan: timespan && { start: ticksOfDate(timespan.start), end: ticksOfDate(timespan.end) },
    tick: deadline(options.deadlineMs ?? DEFAULT_DEADLINE_MS),
    tagged: new Map(),
    compileTable: (node, names, input) => compileTable(node, context, names, input),
  }
  return context
}

function compile(tree: SyntaxElement, query: QueryContext): Relation {
  const statements = children(tree, 'Statements')
  const results = statements.filter(statement => kindOf(statement) === 'ExpressionStatement')
  const [result] = results
  if (!result)
    throw new KqlError('syntax', 'The incomplete fragment is unexpected.. Fix syntax errors in your query.')
  if (results.length > 1) throw unsupported('A query of several results')
  for (const statement of statements) {
    if (!known.has(kindOf(statement)))
      throw unsupported(`'${kindOf(statement).replace('Statement', '').toLowerCase()}'`)
  }
  const names = bindStatements(statements, noNames(), { query, names: noNames(), columns: [] }, compileScalar)
  const expression = child(result, 'Expression')
  if (!isTabular(expression)) throw semantic('The query does not give a table')
  return compileTable(expression, query, names)
}

// `set` statements tune how the real engine runs a query; they change no result.
const known = new Set(['ExpressionStatement', 'LetStatement', 'SetOptionStatement'])

function collect(relation: Relation, maxRows: number): KqlResult {
  const columns = relation.columns.map(({ name, type }) => ({ name, type }))
  const rows: KqlValue[][] = []
  for (const row of relation.rows()) {
    if (rows.length >= maxRows) return { columns, rows, truncated: true }
    rows.push([...row])
  }
  return { columns, rows, truncated: false }
}
