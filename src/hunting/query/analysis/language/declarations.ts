import { AppError } from '../../../../errors.ts'
import { type ParameterType, parameterTypes, toLiteral } from '../../literals.ts'
import type { ParameterDeclaration, QueryAnalysis } from '../../query-analysis.ts'
import { huntingLanguage } from './language.ts'
import { childrenOf, isA, type SyntaxNode } from './syntax-tree.ts'

type Declarations = Pick<QueryAnalysis, 'declarations' | 'declarationProblem'>

/**
 * The parameters that a query declares with the language's own statement, so
 * that the text stays valid KQL in every editor:
 *
 * ```kql
 * declare query_parameters(lookback: timespan = 7d, host: string);
 * ```
 *
 * @see Kusto Query Language reference, "Query parameters declaration statement"
 */
export function declarationsIn(query: string, nodes: SyntaxNode[]): Declarations {
  const { Syntax } = huntingLanguage().kusto
  const statements = nodes.filter(node => isA(Syntax.QueryParametersStatement, node))
  try {
    return { declarations: statements.map(node => readStatement(query, node)), declarationProblem: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { message, remedy } = error
    return { declarations: [], declarationProblem: { message, remedy: remedy ?? '' } }
  }
}

function readStatement(
  query: string,
  node: Kusto.Language.Syntax.QueryParametersStatement,
): ParameterDeclaration {
  const { Syntax } = huntingLanguage().kusto
  const parameters = childrenOf(node.Parameters)
    .flatMap(childrenOf)
    .flatMap(child => (isA(Syntax.FunctionParameter, child) ? [readParameter(query, child)] : []))
  // The semicolon stands behind the statement, not in it.
  const semicolon = /^\s*;/.exec(query.slice(node.End))?.[0].length ?? 0
  return { start: node.TextStart, end: node.End + semicolon, parameters }
}

function readParameter(
  query: string,
  { NameAndType: declared, DefaultValue }: Kusto.Language.Syntax.FunctionParameter,
): ParameterDeclaration['parameters'][number] {
  const name = declared?.Name?.SimpleName ?? ''
  const typeNode = declared?.Type
  const typeName = typeNode ? query.slice(typeNode.TextStart, typeNode.End) : ''
  const type = parameterTypes.find(known => known === typeName)
  if (!type) {
    throw new AppError('invalid', `the parameter "${name}" has the type "${typeName}"`, {
      remedy: `Use one of ${parameterTypes.join(', ')}.`,
    })
  }
  const value = DefaultValue?.Value
  if (!value) return { name, type, defaultValue: null, literal: null }
  const literal = query.slice(value.TextStart, value.End)
  return { name, type, literal, defaultValue: asTyped(name, type, literal, value) }
}

/** A default as a person would type it: `"a"` is a, `long(3)` is 3. */
function asTyped(
  name: string,
  type: ParameterType,
  literal: string,
  node: Kusto.Language.Syntax.Expression,
): string {
  const text =
    type === 'string'
      ? stringOf(node)
      : literal.replace(/^(?:long|int|real|double|datetime|timespan|time|guid|bool)\(\s*(.*?)\s*\)$/s, '$1')
  if (text === undefined) throw notLiteral(name, type)
  try {
    toLiteral(type, text)
  } catch (error) {
    if (error instanceof AppError) throw notLiteral(name, type)
    throw error
  }
  return text
}

function stringOf(node: Kusto.Language.Syntax.Expression): string | undefined {
  const { Syntax } = huntingLanguage().kusto
  const value: unknown = isA(Syntax.LiteralExpression, node) ? node.LiteralValue : undefined
  return typeof value === 'string' ? value : undefined
}

function notLiteral(name: string, type: ParameterType): AppError {
  return new AppError('invalid', `the default of the parameter "${name}" is no ${type} literal`, {
    remedy: 'Write the default as a plain value, such as 7d, 10 or "text".',
  })
}
