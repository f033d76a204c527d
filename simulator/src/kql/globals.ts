import { defenderFunctions } from './defender-functions.ts'
import type { GlobalState } from './language.ts'
import { kusto } from './language.ts'
import type { KqlDatabase } from './types.ts'

type Schema = KqlDatabase['schema']

const bySchema = new WeakMap<Schema, GlobalState>()
const byText = new Map<string, GlobalState>()
const MOST_KEPT = 64

/**
 * What names mean in a database: its tables and Defender's own functions. Made once for each distinct set of
 * tables; tenants that hold the same licenses share it.
 */
export function globalsFor(schema: Schema): GlobalState {
  const known = bySchema.get(schema)
  if (known) return known
  // Only names and types: whoever hands in whole tables as the schema may have rows in them.
  const text = schema.map(table => `${table.name}(${columnList(table)})`).join(';')
  const globals = byText.get(text) ?? makeGlobals(schema)
  if (byText.size >= MOST_KEPT) byText.clear()
  byText.set(text, globals)
  bySchema.set(schema, globals)
  return globals
}

function makeGlobals(schema: Schema): GlobalState {
  const tables = schema.map(table => {
    return kusto.Symbols.TableSymbol.From(`(${columnList(table)})`).WithName(table.name)
  })
  const names = new Set(schema.map(table => table.name))
  const functions = defenderFunctions
    .filter(item => item.tables.every(table => names.has(table)))
    .map(item => new kusto.Symbols.FunctionSymbol.$ctor16(item.name, item.parameters, item.body, null))
  const database = new kusto.Symbols.DatabaseSymbol.$ctor3('hunting', null, [...tables, ...functions], false)
  return kusto.GlobalState.Default.WithDatabase(database)
}

/** The columns as the language declares them. */
function columnList(table: Schema[number]): string {
  return table.columns.map(column => `['${column.name.replaceAll("'", "\\'")}']: ${column.type}`).join(', ')
}
