import type { Names, QueryContext } from './environment.ts'
import { holdRows } from './environment.ts'
import { semantic, unsupported } from './error.ts'
import type { SyntaxElement } from './language.ts'
import { child, kindOf, nameOf } from './language.ts'
import { operators } from './operators/index.ts'
import { search } from './operators/search.ts'
import { dataTable, printRow, rangeRows, tableRelation } from './operators/sources.ts'
import { union } from './operators/union.ts'
import { compileScalar } from './scalar/expression.ts'
import { namesInBody } from './scalar/user-function.ts'
import type { Relation, Row } from './types.ts'

/**
 * Compiles an expression that gives a table.
 *
 * @param input what the first operator of a subquery reads
 * @throws KqlError `unsupported` for operators that this engine lacks
 */
export function compileTable(
  node: SyntaxElement,
  query: QueryContext,
  names: Names,
  input?: Relation,
): Relation {
  const place = { query, names }
  const kind = kindOf(node)
  switch (kind) {
    case 'ParenthesizedExpression':
    case 'MvApplySubqueryExpression':
    case 'PartitionSubquery':
      return compileTable(
        child(node, kind === 'PartitionSubquery' ? 'Subquery' : 'Expression'),
        query,
        names,
        input,
      )
    case 'PipeExpression': {
      const source = compileTable(child(node, 'Expression'), query, names, input)
      return applyOperator(child(node, 'Operator'), source, query, names)
    }
    case 'NameReference':
      return compileTableName(node, query, names)
    case 'FunctionCallExpression':
      return compileTableCall(node, query, names)
    case 'MaterializeExpression':
      return held(compileTable(child(node, 'Expression'), query, names, input), query)
    case 'DataTableExpression':
      return dataTable(node, place)
    case 'PrintOperator':
      return printRow(node, place)
    case 'RangeOperator':
      return rangeRows(node, place)
    case 'UnionOperator':
      return union(node, input, place)
    case 'SearchOperator':
      return search(node, input, place)
    case 'ExternalDataExpression':
      throw unsupported(`'externaldata' operator: reading from outside`)
    default:
      if (input && operators[kind]) return applyOperator(node, input, query, names)
      throw unsupported(`'${keywordOf(node)}' operator`)
  }
}

function applyOperator(node: SyntaxElement, input: Relation, query: QueryContext, names: Names): Relation {
  const operator = operators[kindOf(node)]
  if (!operator) throw unsupported(`'${keywordOf(node)}' operator`)
  return operator(node, input, { query, names })
}

function keywordOf(node: SyntaxElement): string {
  let first: SyntaxElement | null = node
  while (first && !first.IsToken) first = first.GetChild(0)
  return first?.Text ?? kindOf(node)
}

function compileTableName(node: SyntaxElement, query: QueryContext, names: Names): Relation {
  const name = nameOf(node)
  const binding = names.find(name)
  if (binding && 'relation' in binding) return binding.relation
  if (binding && 'code' in binding) return compileTableCall(node, query, names)
  const tagged = query.tagged.get(name)
  if (tagged) return tagged
  const table = query.database.table(name)
  if (table) return tableRelation(table, { query, names })
  throw semantic(`Failed to resolve table or column expression named '${name}'`)
}

function compileTableCall(node: SyntaxElement, query: QueryContext, names: Names): Relation {
  const body = node.GetCalledFunctionBody?.()
  const name = nameOf(kindOf(node) === 'NameReference' ? node : child(node, 'Name'))
  if (!body) throw unsupported(`The function '${name}'`)
  const inner = namesInBody(node, body, { query, names, columns: [] }, compileScalar)
  return compileTable(child(body, 'Expression'), query, inner)
}

/** A relation whose rows are computed once, at their first use. */
function held(relation: Relation, query: QueryContext): Relation {
  let rows: Row[] | undefined
  return {
    columns: relation.columns,
    rows: () => {
      rows ??= holdRows(relation.rows(), query)
      return rows
    },
  }
}
