import type { ColumnType } from '../model.ts'

/**
 * Kusto type of a column by the type name on the wire, which is .NET's on all
 * three surfaces (with or without `System.`); Kusto's own names are taken too.
 * A name that is not known makes a dynamic column, so that nothing is lost.
 *
 * `UInt64` is a decimal: it has values that no long can hold. `SByte` is how
 * Kusto's bool appears.
 *
 * @see Azure Data Explorer, "Scalar data types"; Microsoft Graph, "singleColumnSchema"
 */
export function columnTypeOf(wireName: string): ColumnType {
  const name = wireName.slice(wireName.lastIndexOf('.') + 1).toLowerCase()
  return wireTypes.get(name) ?? 'dynamic'
}

const wireTypes = new Map<string, ColumnType>([
  ['string', 'string'],
  ['int64', 'long'],
  ['uint32', 'long'],
  ['long', 'long'],
  ['int32', 'int'],
  ['int16', 'int'],
  ['uint16', 'int'],
  ['byte', 'int'],
  ['int', 'int'],
  ['double', 'real'],
  ['single', 'real'],
  ['real', 'real'],
  ['decimal', 'decimal'],
  ['sqldecimal', 'decimal'],
  ['uint64', 'decimal'],
  ['sbyte', 'bool'],
  ['boolean', 'bool'],
  ['bool', 'bool'],
  ['datetime', 'datetime'],
  ['date', 'datetime'],
  ['timespan', 'timespan'],
  ['time', 'timespan'],
  ['guid', 'guid'],
  ['object', 'dynamic'],
  ['dynamic', 'dynamic'],
])
