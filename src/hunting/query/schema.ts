import schema from './data/hunting-schema.json' with { type: 'json' }

export type HuntingColumn = { name: string; type: string; description?: string }
export type HuntingTable = { name: string; description: string; columns: HuntingColumn[] }

const tables: HuntingTable[] = schema.tables.map(table => ({
  name: table.name,
  description: table.description,
  columns: table.columns.map(readColumn),
}))

/**
 * The advanced hunting tables that are documented, sorted by name; the types
 * of their columns are Kusto's (`string`, `datetime`, `dynamic` …). A live
 * tenant can have a few more or fewer.
 *
 * @see Microsoft Defender XDR, "Understand the advanced hunting schema"
 */
export function huntingTables(): HuntingTable[] {
  return tables
}

function readColumn(column: string[]): HuntingColumn {
  const [name = '', type = 'string', description] = column
  return description ? { name, type, description } : { name, type }
}
