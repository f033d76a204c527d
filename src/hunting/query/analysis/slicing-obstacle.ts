import { huntingTables } from '../schema.ts'
import { huntingLanguage, type KustoLanguage } from './language/language.ts'
import { ancestorsOf, isA, type SyntaxNode } from './language/syntax-tree.ts'
import type { Examination } from './problems/diagnosis.ts'

/** Functions whose value depends on other rows, or on a query of their own. */
const unsafeFunctions = new Set([
  'row_number',
  'row_cumsum',
  'row_rank_dense',
  'row_rank_min',
  'row_window_session',
  'prev',
  'next',
  'toscalar',
  'materialize',
  'table',
])

export const notUnderstood = 'the query could not be understood'

/**
 * Whether the answers to a query over parts of a time span, one after the
 * other, are the answer over the whole: each row of the result must come from
 * one row of a table, by itself, and that row must have a time. What is not
 * known to be safe counts as unsafe.
 *
 * @returns null when it is safe, else why not, to follow a colon
 */
export function slicingObstacle(
  query: string,
  { nodes, isBound }: Examination,
  { ok, tables }: { ok: boolean; tables: string[] },
): string | null {
  if (!ok) return 'the query uses names or types that are not known here'
  const timeless = tables.find(table => !timedTables.has(table))
  if (timeless) return `the table ${timeless} has no time`
  if (tables.length === 0) return 'the query reads no table'
  if (!isBound) return notUnderstood
  const { kusto } = huntingLanguage()
  for (const node of nodes) {
    const found = objection(kusto, query, node)
    if (found) return found
  }
  return null
}

function objection(kusto: KustoLanguage, query: string, node: SyntaxNode): string | null {
  const { Syntax } = kusto
  if (isA(Syntax.QueryOperator, node)) {
    return rowByRow(kusto).some(type => isA<unknown>(type, node)) ? null : relates(wordAt(query, node))
  }
  if (isA(Syntax.FunctionCallExpression, node)) {
    const name = node.Name?.SimpleName ?? ''
    return unsafeFunctions.has(name) ? relates(`${name}()`) : null
  }
  if (isA(Syntax.DataTableExpression, node) || isA(Syntax.ExternalDataExpression, node)) {
    return `rows of ${wordAt(query, node)} would come with each part`
  }
  if (isA(Syntax.NameReference, node) && isA(kusto.Symbols.TableSymbol, node.ResultType)) {
    const isWithin = ancestorsOf(node).some(
      ancestor =>
        isA(Syntax.InExpression, ancestor) ||
        isA(Syntax.HasAnyExpression, ancestor) ||
        isA(Syntax.HasAllExpression, ancestor) ||
        isA(Syntax.FunctionCallExpression, ancestor),
    )
    return isWithin ? 'a query within the query looks at the same span of time' : null
  }
  return null
}

function relates(what: string): string {
  return `${what} relates rows of the whole span to each other`
}

function rowByRow({ Syntax }: KustoLanguage) {
  return [
    Syntax.FilterOperator,
    Syntax.ExtendOperator,
    Syntax.ProjectOperator,
    Syntax.ProjectAwayOperator,
    Syntax.ProjectKeepOperator,
    Syntax.ProjectRenameOperator,
    Syntax.ProjectReorderOperator,
    Syntax.ParseOperator,
    Syntax.ParseWhereOperator,
    Syntax.ParseKvOperator,
    Syntax.MvExpandOperator,
    Syntax.UnionOperator,
    Syntax.SearchOperator,
    Syntax.AsOperator,
    // Each part comes sorted; the parts follow each other in the order of time.
    Syntax.SortOperator,
  ]
}

function wordAt(query: string, node: SyntaxNode): string {
  return /^[\w-]*/.exec(query.slice(node.TextStart))?.[0] ?? ''
}

const timedTables = new Set(
  huntingTables()
    .filter(({ columns }) =>
      columns.some(({ name, type }) => /^(Timestamp|TimeGenerated)$/.test(name) && type === 'datetime'),
    )
    .map(({ name }) => name),
)
