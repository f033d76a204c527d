import packed from '../../data/hunting-schema.json' with { type: 'json' }
import type { KqlColumn, KqlType } from '../kql/types.ts'

export type TableSchema = { name: string; columns: KqlColumn[] }

const kqlTypes: Record<string, KqlType> = {
  string: 'string',
  long: 'long',
  int: 'int',
  real: 'real',
  bool: 'bool',
  datetime: 'datetime',
  dynamic: 'dynamic',
  guid: 'guid',
}

/**
 * Every table of the hunting schema by its name, as Microsoft documents them (`name:type` pairs in the file
 * beside this one; made from the documentation's table pages of 2026).
 */
export const huntingSchema: ReadonlyMap<string, TableSchema> = new Map(
  Object.entries(packed).map(([name, columns]) => [
    name,
    { name, columns: columns.split(' ').map(readColumn) },
  ]),
)

function readColumn(pair: string): KqlColumn {
  const [name = '', typeName = ''] = pair.split(':')
  const type = kqlTypes[typeName]
  if (type === undefined) throw new Error(`the hunting schema holds an unknown type in "${pair}"`)
  return { name, type }
}
