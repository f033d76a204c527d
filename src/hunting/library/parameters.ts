import { AppError } from '../../errors.ts'
import { huntingLanguage } from '../kql/language.ts'
import { childrenOf, isA, nodesOf } from '../kql/syntax-tree.ts'
import { type ParameterType, parameterTypes, toLiteral } from './literals.ts'

/** A placeholder of a saved query. */
export type QueryParameter = {
  name: string
  type: ParameterType
  /** as a person types it; null when a value must be given */
  defaultValue: string | null
}

type Declaration = { start: number; end: number; parameters: (QueryParameter & { literal: string | null })[] }

/**
 * The parameters that a query declares with the language's own statement, so
 * that the text stays valid KQL in every editor:
 *
 * ```kql
 * declare query_parameters(lookback: timespan = 7d, host: string);
 * ```
 *
 * @throws AppError `invalid` for a type that no parameter can have, or a default that is no literal
 * @see Kusto Query Language, "Query parameters declaration statement"
 */
export function parametersOf(query: string): QueryParameter[] {
  return declarationsIn(query).flatMap(({ parameters }) =>
    parameters.map(({ name, type, defaultValue }) => ({ name, type, defaultValue })),
  )
}

/**
 * Fills in the parameters: each declaration becomes `let` statements with
 * literals, because Defender's APIs take no parameters beside the text.
 *
 * @param values as typed, by name; what is absent or empty takes the default (an empty string is a value
 * for a string without default)
 * @throws AppError `invalid` with `details.parameters: {name: message}` for wrong or missing values, and
 * for names that the query does not declare
 */
export function fillIn(query: string, values: Readonly<Record<string, string>> = {}): string {
  const declarations = declarationsIn(query)
  const declared = new Set(declarations.flatMap(({ parameters }) => parameters.map(({ name }) => name)))
  const problems: Record<string, string> = {}
  for (const name of Object.keys(values)) {
    if (!declared.has(name)) problems[name] = 'the query has no parameter of this name'
  }

  let filled = ''
  let from = 0
  for (const { start, end, parameters } of declarations) {
    const statements = parameters.map(parameter => {
      const { value, problem } = literalFor(parameter, values[parameter.name])
      if (problem !== undefined) problems[parameter.name] = problem
      return `let ${bracketed(parameter.name)} = ${value};`
    })
    filled += query.slice(from, start) + statements.join('\n')
    from = end
  }
  if (Object.keys(problems).length > 0) {
    throw new AppError('invalid', `wrong parameters: ${Object.keys(problems).join(', ')}`, {
      remedy: Object.entries(problems)
        .map(([name, problem]) => `${name}: ${problem}`)
        .join('; '),
      details: { parameters: problems },
    })
  }
  return filled + query.slice(from)
}

function literalFor(
  parameter: Declaration['parameters'][number],
  typed: string | undefined,
): { value: string; problem?: string } {
  const isGiven = typed !== undefined && (typed !== '' || parameter.type === 'string')
  if (!isGiven) {
    return parameter.literal === null
      ? { value: '', problem: 'a value is needed' }
      : { value: parameter.literal }
  }
  try {
    return { value: toLiteral(parameter.type, typed) }
  } catch (error) {
    if (error instanceof AppError) return { value: '', problem: error.message }
    throw error
  }
}

function declarationsIn(query: string): Declaration[] {
  if (!/\bquery_parameters\b/.test(query)) return []
  const { kusto } = huntingLanguage()
  const code = kusto.KustoCode.Parse(query)
  const found: Declaration[] = []
  for (const node of nodesOf(code?.Syntax)) {
    if (!isA(kusto.Syntax.QueryParametersStatement, node)) continue
    const parameters = childrenOf(node.Parameters)
      .flatMap(childrenOf)
      .flatMap(child => (isA(kusto.Syntax.FunctionParameter, child) ? [readParameter(query, child)] : []))
    // The semicolon stands behind the statement, not in it.
    const semicolon = /^\s*;/.exec(query.slice(node.End))?.[0].length ?? 0
    found.push({ start: node.TextStart, end: node.End + semicolon, parameters })
  }
  return found
}

function readParameter(
  query: string,
  { NameAndType: declared, DefaultValue }: Kusto.Language.Syntax.FunctionParameter,
): Declaration['parameters'][number] {
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

/** A name that the language would not take bare is written in brackets. */
function bracketed(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `['${name.replace(/['\\]/g, '\\$&')}']`
}
