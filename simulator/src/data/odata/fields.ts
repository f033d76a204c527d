/** A value as filters and orders compare it; times as ticks of 100 ns. */
export type FieldValue = string | number | bigint | null

/**
 * A property of a collection. `time` compares by ticks and takes unquoted literals; `enum` takes its members
 * only; `list` is a list of strings and answers to `any`. `hasPrefixes` marks text that `startswith` takes.
 */
export type Field<T> =
  | { type: 'string'; hasPrefixes?: true; read(item: T): FieldValue }
  | { type: 'number' | 'time'; read(item: T): FieldValue }
  | { type: 'enum'; members: readonly string[]; read(item: T): FieldValue }
  | { type: 'list'; read(item: T): readonly string[] }

export type Fields<T> = Readonly<Record<string, Field<T>>>

/** Orders two values of one property; null comes first. */
export function compareValues(a: FieldValue, b: FieldValue): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return a < b ? -1 : 1
}
