import { KqlError } from './error.ts'
import type { SyntaxElement } from './language.ts'
import type { KqlColumn, KqlDatabase, Relation, Row, Scalar } from './types.ts'

/** What a name was bound to by `let`, `as` or a parameter. */
export type Binding = { scalar: Scalar } | { relation: Relation } | { code: SyntaxElement; names: Names }

/** The names in sight, innermost first. */
export type Names = { find(name: string): Binding | undefined; with(name: string, binding: Binding): Names }

export function noNames(): Names {
  return extend(() => undefined)
}

function extend(find: (name: string) => Binding | undefined): Names {
  return {
    find,
    with: (name, binding) => extend(wanted => (wanted === name ? binding : find(wanted))),
  }
}

/** All that compiling and running one query shares. */
export type QueryContext = {
  database: KqlDatabase
  /** Ticks since the Unix epoch; the same moment for the whole query. */
  now: bigint
  timespan: { start: bigint; end: bigint } | undefined
  /** Called once for each row that is touched; throws KqlError `timeout` after the deadline. */
  tick(): void
  /** Compiles a piece of query that gives a table; `input` is what its first operator reads in a subquery. */
  compileTable(node: SyntaxElement, names: Names, input?: Relation): Relation
  /** Tables that `as` gave a name to. */
  tagged: Map<string, Relation>
}

/** The place of an expression: the names it can see and the columns of the row it is given. */
export type Environment = {
  query: QueryContext
  names: Names
  columns: readonly KqlColumn[]
  /** In a join's condition: where the columns of `$right` begin in the row. */
  rightFrom?: number
  /** Aggregates inside `summarize` take their value from where they were computed. */
  aggregate?: (call: SyntaxElement) => Scalar | undefined
  /** In serialized rows: the row that is `offset` away from the current one, and the current one's number. */
  window?: Window
}

export type Window = {
  rowAt(offset: number): Row | undefined
  index(): number
}

/** Where a column stands in the row; -1 when there is none of that name. */
export function positionOf(columns: readonly KqlColumn[], name: string): number {
  return columns.findIndex(column => column.name === name)
}

// A simulated tenant is small; a query that holds more rows than this at once was not meant.
const MOST_ROWS_HELD = 2_000_000

/** Holds all rows of an iterable. */
export function holdRows(rows: Iterable<Row>, query: QueryContext): Row[] {
  const held: Row[] = []
  for (const row of rows) {
    query.tick()
    held.push(row)
    if (held.length > MOST_ROWS_HELD) throw tooLarge()
  }
  return held
}

/** The refusal of a query that needs more memory than one may use. */
export function tooLarge(): KqlError {
  return new KqlError('limit', 'Query stopped due to excessive resource consumption.')
}
