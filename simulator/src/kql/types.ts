export type KqlType =
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

export type KqlColumn = { name: string; type: KqlType }

/**
 * One value, its meaning given by the type of its column: string; long as a number when it is a safe integer,
 * else bigint; int and real as numbers; bool; datetime as bigint ticks of 100 ns since the Unix epoch and
 * timespan as bigint ticks; guid as lower-case text; dynamic as plain JSON values (times and integers beyond
 * 2^53 inside it are text); null for every type but string, which has the empty string instead.
 */
export type KqlValue = string | number | bigint | boolean | null | object

export type Row = readonly KqlValue[]

export type KqlTable = {
  name: string
  columns: KqlColumn[]
  rows: Iterable<KqlValue[]> | (() => Iterable<KqlValue[]>)
}

export type KqlDatabase = {
  table(name: string): KqlTable | undefined
  tableNames(): string[]
  /** The columns of every table that a query may name; the same array object each time keeps binding fast. */
  schema: { name: string; columns: KqlColumn[] }[]
}

export type KqlOptions = {
  now: Date
  /** Only rows of this span are seen in tables that have a `Timestamp` column. */
  timespan?: { start: Date; end: Date }
  maxRows: number
  deadlineMs?: number
  /** Called once names and types are found, before the first row is read. */
  onBound?: (() => void) | undefined
}

export type KqlResult = { columns: KqlColumn[]; rows: KqlValue[][]; truncated: boolean }

/** A table in the middle of a query. `rows` may be asked for more than once and answers the same each time. */
export type Relation = { columns: readonly KqlColumn[]; rows: () => Iterable<Row> }

/** A compiled scalar expression. `constant` holds its value when it needs no row. */
export type Scalar = {
  type: KqlType
  eval: (row: Row) => KqlValue
  constant?: { value: KqlValue }
}
