import { createRequire } from 'node:module'
import { unsupported } from './error.ts'
import type { KqlColumn, KqlType } from './types.ts'

/** An ordered collection of the language service, which was compiled from .NET. */
export type NetList<T> = { Count: number; getItem(index: number): T }

export type KustoSymbol = {
  Name: string
  DefaultValue?: SyntaxElement | null
  Type?: KustoSymbol
  Columns?: NetList<KustoSymbol> | KustoSymbol[]
  IsOpen?: boolean
}

/** A token or node of the syntax tree, with the members that this engine reads. */
export type SyntaxElement = {
  Kind: number
  IsToken: boolean
  Parent: SyntaxElement | null
  ChildCount: number
  TextStart: number
  End: number
  Text?: string
  ValueText?: string
  ResultType?: KustoSymbol | null
  RawResultType?: KustoSymbol | null
  ReferencedSymbol?: KustoSymbol | null
  ReferencedSignature?: { Parameters: NetList<KustoSymbol> | KustoSymbol[] } | null
  GetChild(index: number): SyntaxElement | null
  GetCalledFunctionBody?(): SyntaxElement | null
}

export type Diagnostic = {
  Code: string
  Severity: string
  Message: string
  Start: number
  Length: number
}

export type KustoCode = {
  Kind: string
  Syntax: SyntaxElement
  ResultType: KustoSymbol | null
  GetDiagnostics(): NetList<Diagnostic>
  GetSyntaxDiagnostics(): NetList<Diagnostic>
}

export type GlobalState = {
  WithDatabase(database: object): GlobalState
}

type Constructor<A extends unknown[]> = new (...args: A) => object

type KustoLanguage = {
  GlobalState: { Default: GlobalState }
  KustoCode: { ParseAndAnalyze(query: string, globals: GlobalState): KustoCode }
  Binding: {
    Binder: { GetExpressionResultName(node: SyntaxElement, fallback: string | null): string | null }
  }
  Symbols: {
    TableSymbol: { From(schema: string): { WithName(name: string): object } }
    DatabaseSymbol: {
      $ctor3: Constructor<[name: string, alternate: string | null, members: object[], open: boolean]>
    }
    FunctionSymbol: {
      $ctor16: Constructor<[name: string, parameters: string, body: string, description: string | null]>
    }
  }
  Syntax: { SyntaxKind: Record<string, unknown> }
}

const require = createRequire(import.meta.url)
require('@kusto/language-service-next/bridge.min.js')
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js')

// The bundles are Bridge.NET scripts that leave their namespaces on the global object.
export const kusto = (globalThis as unknown as { Kusto: { Language: KustoLanguage } }).Kusto.Language

/** Whether the language service itself threw: odd constant arguments of functions make it fail. */
export function isServiceFailure(error: unknown): boolean {
  const name = (error as { constructor?: { $$name?: string } } | undefined)?.constructor?.$$name
  return name?.startsWith('System.') ?? false
}

const kindNames = new Map<number, string>()
for (const [name, value] of Object.entries(kusto.Syntax.SyntaxKind)) {
  if (typeof value === 'number') kindNames.set(value, name)
}

/** The name of an element's kind, such as `FilterOperator`. */
export function kindOf(element: SyntaxElement): string {
  return kindNames.get(element.Kind) ?? 'Unknown'
}

/** The named child of a node, or undefined when the text has none there. */
export function maybeChild(node: SyntaxElement, name: string): SyntaxElement | undefined {
  return ((node as unknown as Record<string, unknown>)[name] ?? undefined) as SyntaxElement | undefined
}

/**
 * The named child of a node.
 *
 * @throws KqlError `unsupported` when there is none
 */
export function child(node: SyntaxElement, name: string): SyntaxElement {
  const found = maybeChild(node, name)
  if (!found) throw unsupported(`${kindOf(node)} without ${name}`)
  return found
}

/** The elements of a syntax list, without the separators between them. */
function elements(list: SyntaxElement | undefined): SyntaxElement[] {
  const found: SyntaxElement[] = []
  for (let index = 0; list && index < list.ChildCount; index++) {
    const item = list.GetChild(index)
    if (!item) continue
    found.push(kindOf(item) === 'SeparatedElement' ? (item.GetChild(0) ?? item) : item)
  }
  return found
}

/** The elements of the named list of a node; empty when the node has no such list. */
export function children(node: SyntaxElement, name: string): SyntaxElement[] {
  return elements(maybeChild(node, name))
}

/** Every element below (and with) a node, in the order of the text. */
export function* descendants(node: SyntaxElement): Generator<SyntaxElement> {
  yield node
  for (let index = 0; index < node.ChildCount; index++) {
    const item = node.GetChild(index)
    if (item) yield* descendants(item)
  }
}

/** The tokens of a node, joined without the space between them. */
export function textOf(node: SyntaxElement): string {
  if (node.IsToken) return node.Text ?? ''
  let text = ''
  for (let index = 0; index < node.ChildCount; index++) {
    const item = node.GetChild(index)
    if (item) text += textOf(item)
  }
  return text
}

/** The name that a NameReference or NameDeclaration spells, without quoting. */
export function nameOf(node: SyntaxElement): string {
  const name = (node as unknown as { SimpleName?: string }).SimpleName
  return name ?? textOf(node)
}

/** The kind of symbol that a name was bound to, such as `ColumnSymbol`. */
export function symbolKind(symbol: KustoSymbol | null | undefined): string {
  const name = (symbol as { constructor?: { $$name?: string } } | null | undefined)?.constructor?.$$name ?? ''
  return name.slice(name.lastIndexOf('.') + 1)
}

/** The columns of a table or tuple symbol. */
export function columnsOf(symbol: KustoSymbol | null | undefined): KqlColumn[] {
  return symbolsOf(symbol?.Columns).map(column => ({ name: column.Name, type: typeOf(column.Type) }))
}

/** Whether the binder could not tell a column's type, because it comes from data. */
export function isUnknownColumn(symbol: KustoSymbol | null | undefined, name: string): boolean {
  return symbolsOf(symbol?.Columns).some(column => column.Name === name && column.Type?.Name === 'unknown')
}

/** The items of a collection of symbols, whichever of its two forms it has. */
export function symbolsOf(list: NetList<KustoSymbol> | KustoSymbol[] | undefined): KustoSymbol[] {
  if (!list) return []
  if (Array.isArray(list)) return list
  return Array.from({ length: list.Count }, (_, index) => list.getItem(index))
}

/** Whether an expression gives a table rather than a scalar. */
export function isTabular(node: SyntaxElement): boolean {
  return symbolKind(node.ResultType) === 'TableSymbol'
}

const scalarTypes: Record<string, KqlType> = {
  string: 'string',
  long: 'long',
  int: 'int',
  real: 'real',
  decimal: 'decimal',
  bool: 'bool',
  datetime: 'datetime',
  timespan: 'timespan',
  guid: 'guid',
}

/** The scalar type of a type symbol; what the binder cannot know (JSON) is dynamic. */
export function typeOf(symbol: KustoSymbol | null | undefined): KqlType {
  return scalarTypes[symbol?.Name ?? ''] ?? 'dynamic'
}
