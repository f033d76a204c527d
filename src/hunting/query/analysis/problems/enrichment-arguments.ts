import { defenderFunctions } from '../../defender-functions.ts'
import { huntingLanguage } from '../language/language.ts'
import { columnNames, isA, nodesOf, type SyntaxNode } from '../language/syntax-tree.ts'

const enrichments = new Set(defenderFunctions.map(({ name }) => name))

/**
 * Offsets of the column names given to Defender's enrichment functions, as in
 * `invoke FileProfile(SHA1, 1000)`. Elsewhere in Kusto an argument of `invoke`
 * sees no columns; Defender resolves these itself.
 *
 * @see Microsoft Defender XDR, "FileProfile()"
 */
export function argumentsOfEnrichment(nodes: SyntaxNode[]): Set<number> {
  const { kusto } = huntingLanguage()
  const { Syntax } = kusto
  const offsets = new Set<number>()
  for (const node of nodes) {
    if (!isA(Syntax.InvokeOperator, node) || !isA(Syntax.FunctionCallExpression, node.Function)) continue
    if (!enrichments.has(node.Function.Name?.SimpleName ?? '')) continue

    const input = isA(Syntax.PipeExpression, node.Parent) ? node.Parent.Expression?.ResultType : null
    const columns = new Set(columnNames(kusto, input))
    for (const argument of nodesOf(node.Function.ArgumentList)) {
      if (isA(Syntax.NameReference, argument) && columns.has(argument.SimpleName ?? '')) {
        offsets.add(argument.TextStart)
      }
    }
  }
  return offsets
}
