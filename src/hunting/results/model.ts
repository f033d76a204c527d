/** Kusto's scalar types. */
export type ColumnType =
  | 'string'
  | 'long'
  | 'int'
  | 'real'
  | 'decimal'
  | 'bool'
  | 'datetime'
  | 'timespan'
  | 'dynamic'
  | 'guid'

/** `declared`: what the answer called the column when a value did not fit that; `type` then holds every value. */
export type Column = { name: string; type: ColumnType; declared?: ColumnType }

/** JSON in which whole numbers beyond ±(2^53 − 1) are bigints, so that none is rounded. */
export type Json = null | string | number | bigint | boolean | Json[] | { [name: string]: Json }

/**
 * One value of a result, by the type of its column; `null` is Kusto's null
 * everywhere.
 *
 * | type | in memory |
 * | --- | --- |
 * | string, guid, timespan | string as received |
 * | datetime | string `2026-08-20T06:08:12.6657884Z`, its 0 to 7 decimals as received, always ending in `Z` |
 * | long, int | number, or bigint beyond ±(2^53 − 1) |
 * | real | number, `NaN` and infinities included |
 * | decimal | string with every digit |
 * | bool | boolean |
 * | dynamic | Json |
 */
export type Cell = Json

export type Row = Cell[]

/** Whether a value is an object with members, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
