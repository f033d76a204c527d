import { defenderFunctions, remoteSourceFunctions } from '../defender-functions.ts'
import { huntingLanguage, itemsOf, type KustoLanguage } from './language/language.ts'
import { ancestorsOf, isA, type SyntaxNode } from './language/syntax-tree.ts'
import type { Examination } from './problems/diagnosis.ts'

/** What a bound query reads and how it limits itself. */
export type QueryReferences = {
  /** names of the tables in the order of their first use, of the query's own tenant only */
  tables: string[]
  /** functions that are not part of the language: Defender's own, and other data sources */
  functions: string[]
  hasTimeFilter: boolean
  /** an unscoped `search`, `find` or `union *`: every table is read */
  readsEveryTable: boolean
}

const tenantFunctions = new Set([...defenderFunctions.map(({ name }) => name), ...remoteSourceFunctions])

/** Collects what a query refers to; of a tree that could not be bound only the names of tables. */
export function referencesIn(
  { nodes, isBound }: Pick<Examination, 'nodes' | 'isBound'>,
  isTable: (name: string) => boolean,
): QueryReferences {
  const { kusto } = huntingLanguage()
  const { Symbols, Syntax } = kusto
  const tables = new Set<string>()
  const functions = new Set<string>()
  let hasTimeFilter = false
  let readsEveryTable = false

  const addTable = (symbol: unknown) => {
    const name = isA(Symbols.TableSymbol, symbol) ? (symbol.Name ?? '') : ''
    if (isTable(name)) tables.add(name)
  }

  for (const node of nodes) {
    if (isA(Syntax.NameReference, node)) {
      const symbol = node.ReferencedSymbol
      const called = isA(Symbols.FunctionSymbol, symbol) ? symbol.Name : null
      if (called) {
        if (tenantFunctions.has(called)) functions.add(called)
      } else if (isA(Symbols.GroupSymbol, symbol)) {
        for (const member of itemsOf(symbol.Members)) addTable(member)
        readsEveryTable ||= node.SimpleName === '*'
      } else if (!belongsToAnotherSource(kusto, node)) {
        if (symbol) addTable(symbol)
        else if (!isBound && isTable(node.SimpleName ?? '')) tables.add(node.SimpleName ?? '')
      }
      hasTimeFilter ||= isTimeFilter(kusto, node, symbol)
    } else if (isA(Syntax.FunctionCallExpression, node) && node.Name?.SimpleName === 'table') {
      if (!belongsToAnotherSource(kusto, node)) addTable(node.ResultType)
    } else if (isA(Syntax.SearchOperator, node) || isA(Syntax.FindOperator, node)) {
      readsEveryTable ||= !node.InClause && !isPipedInto(kusto, node)
    }
  }
  return { tables: [...tables], functions: [...functions], hasTimeFilter, readsEveryTable }
}

/** `workspace('x').Table`: the right side of a path belongs to what is named on its left. */
function belongsToAnotherSource(kusto: KustoLanguage, node: SyntaxNode): boolean {
  const path = node.Parent
  return isA(kusto.Syntax.PathExpression, path) && path.Selector?.TextStart === node.TextStart
}

function isPipedInto(kusto: KustoLanguage, node: SyntaxNode): boolean {
  return isA(kusto.Syntax.PipeExpression, node.Parent) && node.Parent.Operator?.TextStart === node.TextStart
}

/** A column of type datetime, compared with something, in a `where` or a `search`. */
function isTimeFilter(kusto: KustoLanguage, node: SyntaxNode, symbol: unknown): boolean {
  const { Symbols, Syntax } = kusto
  if (!isA(Symbols.ColumnSymbol, symbol) || symbol.Type?.Name !== 'datetime') return false

  let isCompared = false
  for (const ancestor of ancestorsOf(node)) {
    if (isA(Syntax.BetweenExpression, ancestor)) isCompared = true
    if (isA(Syntax.BinaryExpression, ancestor) && comparisons.has(ancestor.Operator?.Text ?? ''))
      isCompared = true
    if (isA(Syntax.FilterOperator, ancestor)) return isCompared
    if (isA(Syntax.SearchOperator, ancestor) || isA(Syntax.FindOperator, ancestor)) return isCompared
    if (isA(Syntax.QueryOperator, ancestor)) return false
  }
  return false
}

const comparisons = new Set(['>', '>=', '<', '<=', '=='])
