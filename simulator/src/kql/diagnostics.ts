import { KqlError } from './error.ts'
import type { Diagnostic, KustoCode, NetList, SyntaxElement } from './language.ts'
import { descendants, kindOf, maybeChild } from './language.ts'

/**
 * The first fault that the parser or binder found, in the words of the hunting engine.
 *
 * @returns undefined when the query is sound
 */
export function firstFault(code: KustoCode, query: string): KqlError | undefined {
  const syntax = firstError(code.GetSyntaxDiagnostics())
  if (syntax) return syntaxFault(syntax, query)
  const meaning = firstError(code.GetDiagnostics())
  return meaning && semanticFault(meaning, code.Syntax, query)
}

function firstError(list: NetList<Diagnostic> | undefined): Diagnostic | undefined {
  for (let index = 0; index < (list?.Count ?? 0); index++) {
    const item = list?.getItem(index)
    if (item?.Severity === 'Error') return item
  }
  return undefined
}

function syntaxFault(found: Diagnostic, query: string): KqlError {
  const atEnd = query.slice(found.Start).trim() === ''
  const what = atEnd
    ? 'The incomplete fragment is unexpected.'
    : `A recognition error occurred. ${found.Message}`
  const before = query.slice(0, found.Start)
  const line = before.split('\n').length
  const column = found.Start - before.lastIndexOf('\n')
  return new KqlError('syntax', `${what} [line:position=${line}:${column}]. Fix syntax errors in your query.`)
}

function semanticFault(found: Diagnostic, tree: SyntaxElement, query: string): KqlError {
  const name = query.slice(found.Start, found.Start + found.Length)
  const operator = operatorAt(tree, found.Start)
  const prefix = operator ? `'${operator}' operator: ` : ''
  return new KqlError('semantic', `${prefix}${sentence(found, name)} Fix semantic errors in your query.`)
}

// The language service's codes for names that resolve to nothing.
function sentence(found: Diagnostic, name: string): string {
  if (found.Code === 'KS142' || found.Code === 'KS204') {
    return `Failed to resolve table or column expression named '${name}'.`
  }
  if (found.Code === 'KS211') return `Unknown function: '${name}'.`
  return found.Message.endsWith('.') ? found.Message : `${found.Message}.`
}

/** The keyword of the innermost operator around a position; for a pipe's source, of the operator that reads it. */
function operatorAt(tree: SyntaxElement, position: number): string | undefined {
  let innermost: SyntaxElement | undefined
  for (const node of descendants(tree)) {
    if (node.IsToken || position < node.TextStart || position >= node.End) continue
    const kind = kindOf(node)
    if (kind.endsWith('Operator')) innermost = node
    if (kind === 'PipeExpression') innermost = maybeChild(node, 'Operator')
  }
  const keyword = innermost?.GetChild(0)?.Text
  return keyword === 'filter' ? 'where' : keyword
}
