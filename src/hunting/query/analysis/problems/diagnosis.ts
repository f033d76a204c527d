import type { QueryProblem } from '../../query-problem.ts'
import { huntingLanguage, itemsOf, type KustoLanguage } from '../language/language.ts'
import { ancestorsOf, isA, nodeAt, nodesOf, type SyntaxNode } from '../language/syntax-tree.ts'

/** One objection of Kusto's parser or binder, sorted into our kinds. */
export type Diagnosis = {
  kind: QueryProblem['kind']
  severity: 'error' | 'warning'
  message: string
  start: number
  length: number
  /** what kind of name is not known; absent for other objections */
  unknown?: 'table' | 'column' | 'function' | 'member'
  name?: string
  /** the end of the call whose function is not known; what the binder says of its arguments is an echo */
  callEnd?: number
}

export const commandMessage = 'Management commands (statements that begin with a dot) cannot be run.'

type GlobalState = Kusto.Language.GlobalState

/** A query after parsing and, when that was possible, binding. */
export type Examination = {
  code: Kusto.Language.KustoCode
  nodes: SyntaxNode[]
  diagnoses: Diagnosis[]
  isBound: boolean
}

/** More objections than this help nobody, and looking each up takes time. */
const maxDiagnoses = 100

/** A text with more syntax errors than this is no query yet: binding it would take seconds and say nothing. */
const maxSyntaxErrorsToBind = 20

/**
 * Parses a query: fast, whatever it holds.
 *
 * @throws RangeError when the query nests deeper than the stack
 */
export function parseQuery(query: string, globals: GlobalState): Examination {
  const code = huntingLanguage().kusto.KustoCode.Parse(query, globals)
  if (!code) throw new Error('the Kusto language service parsed nothing')
  return examined(query, code, false)
}

/**
 * Binds a parsed query to a schema. Its time can double with each statement.
 *
 * The binder itself fails on a few queries that it should refuse (a
 * `graph-match` after a table, for one); such a query counts as parsed and not
 * bound, with the syntax errors only.
 *
 * @throws RangeError when the query nests deeper than the stack
 */
export function bindQuery(query: string, parsed: Examination, globals: GlobalState): Examination {
  const syntaxErrors = [...itemsOf(parsed.code.GetSyntaxDiagnostics())].length
  if (syntaxErrors > maxSyntaxErrorsToBind) return parsed
  try {
    const bound = parsed.code.Analyze(globals)
    if (bound) return examined(query, bound, bound.HasSemantics)
  } catch (error) {
    if (error instanceof RangeError) throw error
  }
  return parsed
}

/** @throws RangeError when the query nests deeper than the stack */
export function examine(query: string, globals: GlobalState): Examination {
  return bindQuery(query, parseQuery(query, globals), globals)
}

function examined(query: string, code: Kusto.Language.KustoCode, isBound: boolean): Examination {
  const { kusto } = huntingLanguage()
  const nodes = [...nodesOf(code.Syntax)]
  const syntax = [...itemsOf(code.GetSyntaxDiagnostics())]
  const isSyntax = new Set(syntax.map(identityOf))
  const meaning = isBound ? [...itemsOf(code.GetDiagnostics())] : []
  // Those of syntax first: they decide, so none of them may be the one too many.
  const diagnoses = [...syntax, ...meaning.filter(diagnostic => !isSyntax.has(identityOf(diagnostic)))]
    .slice(0, maxDiagnoses)
    .map(diagnostic => classify(kusto, query, nodes, diagnostic, isSyntax.has(identityOf(diagnostic))))
  return { code, nodes, diagnoses: withoutEchoes(diagnoses), isBound }
}

function identityOf({ Code, Start, Length }: Kusto.Language.Diagnostic): string {
  return `${Code} ${Start} ${Length}`
}

function classify(
  kusto: KustoLanguage,
  query: string,
  nodes: SyntaxNode[],
  diagnostic: Kusto.Language.Diagnostic,
  isSyntax: boolean,
): Diagnosis {
  const { Start: start, Length: length } = diagnostic
  const message = diagnostic.Message ?? 'the query is not understood here'
  const severity = diagnostic.Severity === 'Error' ? 'error' : 'warning'
  if (startsCommand(query, start)) {
    return { kind: 'control-command', severity, message: commandMessage, start, length }
  }
  if (isSyntax || limits(kusto).has(diagnostic.Code))
    return { kind: 'syntax', severity, message, start, length }

  const { unknown, callEnd } = unknownKind(kusto, nodes, diagnostic)
  const common = { severity, message, start, length, ...(callEnd && { callEnd }) } as const
  if (!unknown) return { kind: 'semantic', ...common }
  return { kind: 'unknown-name', ...common, unknown, name: plainName(query.slice(start, start + length)) }
}

/**
 * Which kind of name is not known. A function inside an expression is none of
 * these: tenants have tables, columns and saved (tabular) functions of their
 * own, but no scalar or aggregate functions.
 */
function unknownKind(
  kusto: KustoLanguage,
  nodes: SyntaxNode[],
  diagnostic: Kusto.Language.Diagnostic,
): Pick<Diagnosis, 'unknown' | 'callEnd'> {
  const { DiagnosticFacts, Syntax } = kusto
  const isOneOf = (...facts: (Kusto.Language.Diagnostic | null)[]) =>
    facts.some(fact => fact?.Code === diagnostic.Code)

  if (
    isOneOf(
      DiagnosticFacts.GetNameDoesNotReferToAnyKnownTable('x'),
      DiagnosticFacts.GetFuzzyTableNotDefined('x'),
    )
  ) {
    return { unknown: 'table' }
  }
  const node = nodeAt(nodes, diagnostic.Start, diagnostic.Length)
  if (isOneOf(DiagnosticFacts.GetNameDoesNotReferToAnyKnownItem('x'))) {
    if (!node) return { unknown: 'column' }
    if (isMember(kusto, node)) return { unknown: 'member' }
    return { unknown: isTabular(kusto, node) ? 'table' : 'column' }
  }
  if (
    isOneOf(
      DiagnosticFacts.GetNameDoesNotReferToAnyKnownFunction('x'),
      DiagnosticFacts.GetFuzzyFunctionNotDefined('x'),
    )
  ) {
    const call = node && ancestorsOf(node).find(ancestor => isA(Syntax.FunctionCallExpression, ancestor))
    if (!call) return {}
    return isTabular(kusto, call) ? { unknown: 'function', callEnd: call.End } : { callEnd: call.End }
  }
  return {}
}

/** `Column.name` of a column that is no dynamic value. */
function isMember(kusto: KustoLanguage, node: SyntaxNode): boolean {
  return ancestorsOf(node).some(
    ancestor =>
      isA(kusto.Syntax.PathExpression, ancestor) &&
      ancestor.Selector?.TextStart === node.TextStart &&
      ancestor.Selector.End === node.End,
  )
}

/** Whether an expression stands where a query begins: before the first pipe of a statement, or in `invoke`. */
function isTabular(kusto: KustoLanguage, expression: SyntaxNode): boolean {
  const { Syntax } = kusto
  let node = expression
  for (let parent = node.Parent; parent; parent = node.Parent) {
    const isHead = isA(Syntax.PipeExpression, parent) && parent.Expression?.TextStart === node.TextStart
    const isWrapped = isA(Syntax.ParenthesizedExpression, parent) || isA(Syntax.MaterializeExpression, parent)
    const isSame = parent.TextStart === node.TextStart && parent.End === node.End
    const ends = [Syntax.LetStatement, Syntax.ExpressionStatement, Syntax.FunctionBody, Syntax.InvokeOperator]
    if (ends.some(type => isA<unknown>(type, parent))) return true
    if (!isHead && !isWrapped && !isSame) return false
    node = parent
  }
  return false
}

/**
 * The binder often says of an unknown name also that a column was wanted
 * there, and of an unknown function that its arguments are out of place: once
 * is enough.
 */
function withoutEchoes(diagnoses: Diagnosis[]): Diagnosis[] {
  const isEcho = (diagnosis: Diagnosis, of: Diagnosis) =>
    of.callEnd === undefined
      ? of.unknown && of.start === diagnosis.start && of.length === diagnosis.length
      : diagnosis.start > of.start && diagnosis.start < of.callEnd
  return diagnoses.filter(
    diagnosis => diagnosis.kind !== 'semantic' || !diagnoses.some(other => isEcho(diagnosis, other)),
  )
}

function limits(kusto: KustoLanguage): Set<string | null | undefined> {
  const { DiagnosticFacts } = kusto
  return new Set([
    DiagnosticFacts.GetQueryTextSizeExceeded()?.Code,
    DiagnosticFacts.GetQuerySyntaxDepthExceeded()?.Code,
    DiagnosticFacts.GetUnknownDirective('x')?.Code,
  ])
}

/** `.show tables` as a statement of its own after another one. */
function startsCommand(query: string, start: number): boolean {
  return query[start] === '.' && /;\s*$/.test(query.slice(Math.max(0, start - 200), start))
}

/** `['a name']`, `["a name"]` and `'a name'` without their marks. */
function plainName(text: string): string {
  return text.replace(/^\[?\s*["']([\s\S]*)["']\s*\]?$/, '$1')
}
