import { defenderFunctions } from './defender-functions.ts'
import { huntingTables } from './schema.ts'

type EditorColumn = { name: string; type: string; docstring?: string }

/** What Kusto's editor wants to know of a database, for colours, completion and hover. */
export type EditorSchema = {
  clusterType: 'Engine'
  cluster: { connectionString: string; databases: EditorDatabase[] }
  database: EditorDatabase
}

/** A table as parameter has columns (none: any), a value has a type and perhaps a default. */
type EditorParameter =
  | { name: string; columns: EditorColumn[] }
  | { name: string; type: string; cslType: string; cslDefaultValue?: string }

type EditorDatabase = {
  name: string
  majorVersion: number
  minorVersion: number
  tables: { name: string; docstring: string; entityType: 'Table'; columns: EditorColumn[] }[]
  functions: { name: string; docstring: string; body: string; inputParameters: EditorParameter[] }[]
  entityGroups: []
}

/**
 * The documented hunting schema as the editor's language service takes it.
 *
 * @see @kusto/monaco-kusto, `setSchema` and its type `EngineSchema`
 */
export function editorSchema(): EditorSchema {
  const database: EditorDatabase = {
    name: 'AdvancedHunting',
    majorVersion: 1,
    minorVersion: 0,
    tables: huntingTables().map(({ name, description, columns }) => ({
      name,
      docstring: description,
      entityType: 'Table',
      columns: columns.map(column => ({
        name: column.name,
        type: column.type,
        ...(column.description && { docstring: column.description }),
      })),
    })),
    functions: defenderFunctions.map(({ name, description, body, parameters }) => ({
      name,
      docstring: description,
      body,
      inputParameters: readParameters(parameters),
    })),
    entityGroups: [],
  }
  const connectionString = 'https://advanced-hunting.invalid'
  return { clusterType: 'Engine', cluster: { connectionString, databases: [database] }, database }
}

/** Reads `(T:(*), id:string='', limit:long=100)`, as our own functions declare their parameters. */
function readParameters(parameters: string): EditorParameter[] {
  const declared = parameters.matchAll(/(\w+):(?:(\(\*\))|(\w+)(?:=([^,]*?))?)(?=,|\)$)/g)
  return [...declared].map(([, name = '', table, type = '', value]) =>
    table
      ? { name, columns: [] }
      : { name, type, cslType: type, ...(value !== undefined && { cslDefaultValue: value }) },
  )
}
