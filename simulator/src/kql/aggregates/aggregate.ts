import type { KqlColumn, KqlType, KqlValue, Row, Scalar } from '../types.ts'

/** Takes in the rows of one group and gives one value. */
export type Accumulator = { add(row: Row): void; result(): KqlValue }

/** An aggregate function with its arguments compiled. */
export type Aggregate = { type: KqlType; create: () => Accumulator }

/** Takes in the rows of one group and gives the values of several columns. */
type TupleAccumulator = { add(row: Row): void; result(): KqlValue[] }

export type TupleAggregate = { create: () => TupleAccumulator }

/** Makes an aggregate from its compiled arguments; `type` is what the binder says the result is. */
export type AggregateFunction = (args: readonly Scalar[], type: KqlType) => Aggregate

/** What an aggregate of several columns is made from. */
export type TupleRequest = {
  args: readonly (Scalar | '*')[]
  /** Columns of the input, in the order that `*` stands for. */
  columns: readonly KqlColumn[]
  /** Names that `*` leaves out: the group's keys, and columns that are named beside it. */
  excluded: ReadonlySet<string>
}

/** The values that the arguments stand for, with `*` spread to columns. */
export function spread({ args, columns, excluded }: TupleRequest): Scalar['eval'][] {
  return args.flatMap(arg => {
    if (arg !== '*') return [arg.eval]
    return columns.flatMap((column, index) =>
      excluded.has(column.name) ? [] : [(row: Row) => row[index] ?? null],
    )
  })
}

/** An aggregate that sees the rows for which the last argument is true, made from one that sees all. */
export function onlyIf(aggregate: AggregateFunction): AggregateFunction {
  return (args, type) => {
    const test = args.at(-1)
    const inner = aggregate(args.slice(0, -1), type)
    return filtered(inner, test)
  }
}

function filtered(inner: Aggregate, test: Scalar | undefined): Aggregate {
  return {
    type: inner.type,
    create: () => {
      const accumulator = inner.create()
      return {
        add: row => {
          if (test?.eval(row) === true) accumulator.add(row)
        },
        result: () => accumulator.result(),
      }
    },
  }
}
