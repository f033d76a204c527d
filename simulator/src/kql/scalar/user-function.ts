import type { Binding, Environment, Names } from '../environment.ts'
import { noNames } from '../environment.ts'
import { semantic } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, isTabular, kindOf, nameOf, symbolsOf, typeOf } from '../language.ts'
import type { Relation, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'

type Compile = (node: SyntaxElement, env: Environment) => Scalar

/** Compiles a call of a scalar function that the query (or the database) defines. */
export function compileFunctionBody(
  call: SyntaxElement,
  body: SyntaxElement,
  env: Environment,
  compile: Compile,
): Scalar {
  const names = namesInBody(call, body, env, compile)
  return compile(child(body, 'Expression'), { ...env, names })
}

/**
 * The names that a function's body sees: those where it was defined, its parameters with the arguments of this
 * call, and its own `let` statements.
 *
 * @param piped what `invoke` gives as the first argument
 */
export function namesInBody(
  call: SyntaxElement,
  body: SyntaxElement,
  env: Environment,
  compile: Compile,
  piped?: Relation,
): Names {
  const definition = env.names.find(calledName(call))
  const outer = definition && 'names' in definition ? definition.names : noNames()
  const withParameters = bindParameters(call, outer, env, compile, piped)
  return bindStatements(children(body, 'Statements'), withParameters, env, compile)
}

function calledName(call: SyntaxElement): string {
  return kindOf(call) === 'NameReference' ? nameOf(call) : nameOf(child(call, 'Name'))
}

function bindParameters(
  call: SyntaxElement,
  outer: Names,
  env: Environment,
  compile: Compile,
  piped: Relation | undefined,
): Names {
  const parameters = symbolsOf(call.ReferencedSignature?.Parameters)
  const args = kindOf(call) === 'NameReference' ? [] : children(child(call, 'ArgumentList'), 'Expressions')
  const named = new Map(
    args
      .filter(arg => kindOf(arg) === 'SimpleNamedExpression')
      .map(arg => [nameOf(child(arg, 'Name')), child(arg, 'Expression')]),
  )
  const positional = args.filter(arg => kindOf(arg) !== 'SimpleNamedExpression')
  let names = outer
  parameters.forEach((parameter, index) => {
    if (piped && index === 0) {
      names = names.with(parameter.Name, { relation: piped })
      return
    }
    const given = named.get(parameter.Name) ?? positional[index - (piped ? 1 : 0)] ?? parameter.DefaultValue
    if (!given) throw semantic(`The function '${calledName(call)}' lacks the argument '${parameter.Name}'`)
    names = names.with(parameter.Name, argument(given, env, compile))
  })
  return names
}

function argument(node: SyntaxElement, env: Environment, compile: Compile): Binding {
  return isTabular(node)
    ? { relation: env.query.compileTable(node, env.names) }
    : { scalar: compile(node, env) }
}

/** Adds what `let` statements define to the names in sight. */
export function bindStatements(
  statements: readonly SyntaxElement[],
  names: Names,
  env: Environment,
  compile: Compile,
): Names {
  let bound = names
  for (const statement of statements) {
    if (kindOf(statement) === 'LetStatement') bound = bindLet(statement, bound, env, compile)
  }
  return bound
}

function bindLet(statement: SyntaxElement, names: Names, env: Environment, compile: Compile): Names {
  const name = nameOf(child(statement, 'Name'))
  const value = child(statement, 'Expression')
  if (kindOf(value) === 'FunctionDeclaration') return names.with(name, { code: value, names })
  if (isTabular(value)) return names.with(name, { relation: env.query.compileTable(value, names) })
  const scalar = compile(value, { ...env, names })
  const type = typeOf(value.ResultType)
  return names.with(name, { scalar: type === 'dynamic' ? scalar : converted(scalar, type) })
}
