/// <reference types="@kusto/language-service-next" />
import { createRequire } from 'node:module'
import { defenderFunctions, type HuntingFunction, remoteSourceFunctions } from '../../defender-functions.ts'
import { type HuntingTable, huntingTables } from '../../schema.ts'

export type KustoLanguage = typeof Kusto.Language
type GlobalState = Kusto.Language.GlobalState

/** Kusto's own parser and binder, with the hunting schema as its database. */
export type HuntingLanguage = {
  kusto: KustoLanguage
  /** knows exactly the documented tables and columns */
  documented: GlobalState
  /** also takes any column of any table, and the named tables with any columns */
  withUnknownNames(tables: string[]): GlobalState
}

let loaded: HuntingLanguage | undefined

/**
 * Loads `@kusto/language-service-next` on first use: about 0.3 s and 25 MB.
 * The package is a .NET library compiled to scripts that define the globals
 * `Bridge`, `System` and `Kusto`; it exports nothing.
 */
export function huntingLanguage(): HuntingLanguage {
  loaded ??= load()
  return loaded
}

/** Loads the language and analyses one query, so that the first real one does not wait half a second. */
export function warmUp(): void {
  const { kusto, documented } = huntingLanguage()
  kusto.KustoCode.ParseAndAnalyze(
    'DeviceEvents | where Timestamp > ago(1h) | summarize count() by DeviceId, bin(Timestamp, 1h) | top 5 by count_',
    documented,
  )?.GetDiagnostics()
}

/** The items of one of the library's lists, some of which are plain arrays at run time. */
export function* itemsOf<T>(
  list: System.Collections.Generic.IReadOnlyList$1<T> | null | undefined,
): Generator<T> {
  if (Array.isArray(list)) {
    yield* list
    return
  }
  const count = list?.Count ?? 0
  for (let index = 0; index < count; index++) {
    const item = list?.getItem(index)
    if (item !== undefined && item !== null) yield item
  }
}

function load(): HuntingLanguage {
  const require = createRequire(import.meta.url)
  require('@kusto/language-service-next/bridge.min.js')
  require('@kusto/language-service-next/Kusto.Language.Bridge.min.js')
  const kusto = Kusto.Language
  const functions = [
    ...defenderFunctions.map(declared => declareFunction(kusto, declared)),
    ...remoteSourceFunctions.map(name => declareRemoteSource(kusto, name)),
  ]
  const documentedTables = huntingTables().map(table => declareTable(kusto, table))
  const openTables = documentedTables.map(table => open(table))

  return {
    kusto,
    documented: stateOf(kusto, [...documentedTables, ...functions]),
    withUnknownNames(tables) {
      const unknown = tables.map(name => open(declareTable(kusto, { name, description: '', columns: [] })))
      return stateOf(kusto, [...openTables, ...unknown, ...functions])
    },
  }
}

function declareTable(kusto: KustoLanguage, table: HuntingTable) {
  const columns = table.columns.map(column => `['${column.name}']: ${column.type}`)
  const symbol = kusto.Symbols.TableSymbol.From(`(${columns.join(', ')})`)?.WithName(table.name)
  if (!symbol) throw new Error(`the hunting table ${table.name} cannot be declared`)
  return symbol
}

function open(table: Kusto.Language.Symbols.TableSymbol): Kusto.Language.Symbols.TableSymbol {
  return table.WithIsOpen(true) ?? table
}

function declareFunction(kusto: KustoLanguage, { name, parameters, body, description }: HuntingFunction) {
  return new kusto.Symbols.FunctionSymbol.$ctor16(name, parameters, body, description)
}

function declareRemoteSource(kusto: KustoLanguage, name: string) {
  const { DatabaseSymbol, FunctionSymbol, Parameter, ScalarTypes } = kusto.Symbols
  const anything = new DatabaseSymbol.$ctor3(name, null, toEnumerable([]), true)
  return new FunctionSymbol.$ctor5(name, anything, [new Parameter.$ctor2('source', ScalarTypes.String)])
}

function stateOf(kusto: KustoLanguage, members: Kusto.Language.Symbols.Symbol[]): GlobalState {
  const database = new kusto.Symbols.DatabaseSymbol.$ctor3('hunting', null, toEnumerable(members), false)
  const state = kusto.GlobalState.Default?.WithDatabase(database)
  if (!state) throw new Error('the Kusto language service has no default state')
  return state
}

/** The library takes a JavaScript array wherever it wants an enumeration; its declarations do not say so. */
function toEnumerable<T>(items: T[]) {
  return items as unknown as System.Collections.Generic.IEnumerable$1<T>
}
