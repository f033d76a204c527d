import type { Environment } from '../environment.ts'
import { positionOf } from '../environment.ts'
import { semantic, unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, kindOf, maybeChild, nameOf, symbolKind, typeOf } from '../language.ts'
import type { Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { access } from '../values/dynamic.ts'
import { compileArithmetic, compileNegation } from './arithmetic.ts'
import { compileCall } from './call.ts'
import { compileComparison } from './comparison.ts'
import { compileBetween, compileHas, compileIn } from './lists.ts'
import { compileCompoundString, compileDynamic, compileLiteral } from './literal.ts'
import { compileAnd, compileOr } from './logic.ts'
import { constant, derived, perRow } from './make.ts'
import { compileStringOperator, isStringOperator } from './string-operators.ts'

/**
 * Compiles a bound scalar expression to a function of a row.
 *
 * @throws KqlError `unsupported` when the expression needs what this engine lacks
 */
export function compileScalar(node: SyntaxElement, env: Environment): Scalar {
  const kind = kindOf(node)
  switch (kind) {
    case 'ParenthesizedExpression':
    case 'BracketedExpression':
    case 'OrderedExpression':
    case 'SimpleNamedExpression':
    case 'CompoundNamedExpression':
      return compileScalar(child(node, 'Expression'), env)
    case 'NameReference':
      return compileName(node, env)
    case 'PathExpression':
      return compilePath(node, env)
    case 'ElementExpression':
      return compileElement(node, env)
    case 'DynamicExpression':
      return compileDynamic(node)
    case 'CompoundStringLiteralExpression':
      return compileCompoundString(node)
    case 'FunctionCallExpression':
      return compileCall(node, env, compileScalar)
    case 'ToScalarExpression':
      return compileToScalar(node, env)
    case 'UnaryMinusExpression':
      return compileNegation(compileScalar(child(node, 'Expression'), env))
    case 'UnaryPlusExpression':
      return compileScalar(child(node, 'Expression'), env)
    case 'InExpression':
    case 'InCsExpression':
    case 'NotInExpression':
    case 'NotInCsExpression':
      return compileIn(node, env, compileScalar)
    case 'HasAnyExpression':
    case 'HasAllExpression':
      return compileHas(node, env, compileScalar)
    case 'BetweenExpression':
    case 'NotBetweenExpression':
      return compileBetween(node, env, compileScalar)
    default:
      if (isSearchTerm(node)) return anyColumn(env, 'has', compileLiteral(node))
      if (kind.endsWith('LiteralExpression')) return compileLiteral(node)
      if (maybeChild(node, 'Left') && maybeChild(node, 'Right')) return compileBinary(node, env)
      throw unsupported(`The expression '${kind.replace('Expression', '')}'`)
  }
}

function compileName(node: SyntaxElement, env: Environment): Scalar {
  const name = nameOf(node)
  const isColumn = symbolKind(node.ReferencedSymbol) === 'ColumnSymbol'
  const binding = isColumn ? undefined : env.names.find(name)
  if (binding && 'scalar' in binding) return binding.scalar
  if (binding && 'relation' in binding) return firstValue(binding.relation)
  const position = positionOf(env.columns, name)
  if (position >= 0) return column(position, env)
  throw semantic(`Failed to resolve scalar expression named '${name}'`)
}

function column(position: number, env: Environment): Scalar {
  const type = env.columns[position]?.type ?? 'dynamic'
  return perRow(type, row => row[position] ?? null)
}

function compilePath(node: SyntaxElement, env: Environment): Scalar {
  const source = child(node, 'Expression')
  const name = nameOf(child(node, 'Selector'))
  const side = kindOf(source) === 'NameReference' ? nameOf(source) : ''
  if (side === '$left' || side === '$right') {
    const from = env.rightFrom ?? 0
    const columns = side === '$left' ? env.columns.slice(0, from) : env.columns.slice(from)
    const position = positionOf(columns, name)
    if (position < 0) throw semantic(`Failed to resolve column '${side}.${name}'`)
    return column(side === '$left' ? position : position + from, env)
  }
  const bag = converted(compileScalar(source, env), 'dynamic')
  const { eval: inner } = bag
  return derived('dynamic', [bag], row => access(inner(row), name))
}

function compileElement(node: SyntaxElement, env: Environment): Scalar {
  const source = converted(compileScalar(child(node, 'Expression'), env), 'dynamic')
  const key = compileScalar(child(node, 'Selector'), env)
  const [inner, wanted] = [source.eval, key.eval]
  return derived('dynamic', [source, key], row => access(inner(row), wanted(row)))
}

function compileToScalar(node: SyntaxElement, env: Environment): Scalar {
  const inner = child(node, 'Expression')
  if (symbolKind(inner.ResultType) !== 'TableSymbol') return compileScalar(inner, env)
  return firstValue(env.query.compileTable(inner, env.names))
}

function firstValue(relation: ReturnType<Environment['query']['compileTable']>): Scalar {
  const type = relation.columns[0]?.type ?? 'dynamic'
  for (const row of relation.rows()) return constant(type, row[0] ?? null)
  return constant(type, type === 'string' ? '' : null)
}

function compileBinary(node: SyntaxElement, env: Environment): Scalar {
  const operator = child(node, 'Operator').Text ?? ''
  const leftNode = child(node, 'Left')
  const right = () => compileScalar(child(node, 'Right'), env)
  // Chains of `and` and `or` nest to the left and can be long.
  if (operator === 'and')
    return compileAnd(operands(node, 'AndExpression').map(item => compileScalar(item, env)))
  if (operator === 'or')
    return compileOr(operands(node, 'OrExpression').map(item => compileScalar(item, env)))
  if (kindOf(leftNode) === 'StarExpression') return anyColumn(env, operator, right())
  const left = compileScalar(leftNode, env)
  if (['+', '-', '*', '/', '%'].includes(operator)) {
    return compileArithmetic(operator, left, right(), typeOf(node.ResultType))
  }
  return compileTest(operator, left, right())
}

function compileTest(operator: string, left: Scalar, right: Scalar): Scalar {
  if (isStringOperator(operator)) return compileStringOperator(operator, left, right)
  if (['==', '!=', '<>', '<', '<=', '>', '>='].includes(operator))
    return compileComparison(operator, left, right)
  throw unsupported(`The operator '${operator}'`)
}

/** In the condition of `search` bare text stands for a test; the binder gives it the type of one. */
function isSearchTerm(node: SyntaxElement): boolean {
  return kindOf(node) === 'StringLiteralExpression' && typeOf(node.ResultType) === 'bool'
}

/** `* has "x"`: whether any column passes the test; columns without a name are not looked at. */
function anyColumn(env: Environment, operator: string, right: Scalar): Scalar {
  const tests = env.columns.flatMap(({ name }, position) => {
    return name === '' ? [] : [compileTest(operator, column(position, env), right)]
  })
  return compileOr(tests)
}

function operands(node: SyntaxElement, kind: string): SyntaxElement[] {
  const found: SyntaxElement[] = []
  let current = node
  while (kindOf(current) === kind) {
    found.unshift(child(current, 'Right'))
    current = child(current, 'Left')
  }
  return [current, ...found]
}
