import {
  child,
  children,
  descendants,
  type KustoCode,
  kindOf,
  maybeChild,
  type SyntaxElement,
} from './language.ts'
import { parameterOf } from './operators/operator.ts'

/** A table of no columns and no rows, in the language itself. */
const nothing = '(print _=1 | project-away _ | take 0)'

/**
 * `union isfuzzy=true` passes over the legs whose table the tenant lacks. The binder knows that of bare names
 * only; legs that do something with such a table become empty ones here.
 *
 * @returns the query to run; a union whose legs all lack their table stays as it is, and fails
 * @see Kusto query language, "union operator", isfuzzy
 */
export function withoutMissingLegs(code: KustoCode, query: string): string {
  let text = query
  for (const node of [...descendants(code.Syntax)].reverse()) {
    if (kindOf(node) !== 'UnionOperator' || parameterOf(node, 'isfuzzy') !== 'true') continue
    const legs = children(node, 'Expressions')
    const missing = legs.filter(isMissing)
    if (missing.length === legs.length && !isPiped(node)) continue
    for (const leg of missing.reverse()) {
      if (kindOf(leg) !== 'NameReference')
        text = `${text.slice(0, leg.TextStart)}${nothing}${text.slice(leg.End)}`
    }
  }
  return text
}

/** Whether the table that a leg begins with is one that nothing knows. */
function isMissing(leg: SyntaxElement): boolean {
  let source = leg
  while (kindOf(source) === 'ParenthesizedExpression' || kindOf(source) === 'PipeExpression') {
    source = child(source, 'Expression')
  }
  const name = maybeChild(source, 'Name')
  const isPlain = kindOf(source) === 'NameReference' && name && !kindOf(name).includes('Wildcarded')
  return Boolean(isPlain) && !source.ReferencedSymbol
}

/** Whether the union adds to a table before it, rather than begin its pipe. */
function isPiped(node: SyntaxElement): boolean {
  const { Parent: pipe } = node
  return pipe !== null && kindOf(pipe) === 'PipeExpression' && child(pipe, 'Operator') === node
}
