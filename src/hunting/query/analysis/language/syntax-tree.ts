import { itemsOf, type KustoLanguage } from './language.ts'

export type SyntaxNode = Kusto.Language.Syntax.SyntaxElement
type Constructor<T> = { prototype: T }

/** Every node and token under `root`, itself first, in the order of the text. Not recursive: queries nest deep. */
export function* nodesOf(root: SyntaxNode | null | undefined): Generator<SyntaxNode> {
  const open = root ? [root] : []
  for (let node = open.pop(); node; node = open.pop()) {
    yield node
    open.push(...childrenOf(node).toReversed())
  }
}

/** The direct children of a node; what is optional and absent is left out. */
export function childrenOf(node: SyntaxNode | null | undefined): SyntaxNode[] {
  return Array.from({ length: node?.ChildCount ?? 0 }, (_, index) => node?.GetChild(index)).filter(
    child => child !== null && child !== undefined,
  )
}

/** Whether a node is of one of the library's classes; `instanceof` works across its class hierarchy. */
export function isA<T>(type: Constructor<T>, node: unknown): node is T {
  return node instanceof (type as unknown as new () => T)
}

/** The parents of a node, nearest first. */
export function* ancestorsOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (let parent = node.Parent; parent; parent = parent.Parent) yield parent
}

/** The smallest node that begins at `start` and has exactly this length. */
export function nodeAt(nodes: Iterable<SyntaxNode>, start: number, length: number): SyntaxNode | undefined {
  let found: SyntaxNode | undefined
  for (const node of nodes) {
    if (node.TextStart === start && node.End === start + length) found = node
  }
  return found
}

/** Names of the columns of a table type; none for anything else. */
export function columnNames(kusto: KustoLanguage, type: unknown): string[] {
  if (!isA(kusto.Symbols.TableSymbol, type)) return []
  return [...itemsOf(type.Columns)].map(column => column.Name ?? '')
}
