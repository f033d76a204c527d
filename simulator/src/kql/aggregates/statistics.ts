import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { toDynamic } from '../values/dynamic.ts'
import { addLongs } from '../values/integers.ts'
import { compareValues, keyOf } from '../values/order.ts'
import type { AggregateFunction, TupleAggregate } from './aggregate.ts'

/** `count()`: rows; with an argument, rows where it is not null. */
export const count: AggregateFunction = () => ({
  type: 'long',
  create: () => {
    let rows = 0
    return { add: () => rows++, result: () => rows }
  },
})

/** `dcount(x)`, counted exactly; null is no value. */
export const dcount: AggregateFunction = ([value]) => ({
  type: 'long',
  create: () => {
    const seen = new Set<unknown>()
    return {
      add: row => {
        const key = keyOf(value?.eval(row) ?? null)
        if (key !== null) seen.add(key)
      },
      result: () => seen.size,
    }
  },
})

function summable(value: Scalar | undefined, type: KqlType): Scalar | undefined {
  if (!value || value.type === 'timespan' || value.type === 'datetime') return value
  if (value.type !== 'dynamic') return value
  return converted(value, type === 'long' ? 'long' : 'real')
}

/** `sum(x)`: long exactly, real, or timespan; 0 of no values. */
export const sum: AggregateFunction = ([value], type) => {
  const source = summable(value, type)
  return {
    type,
    create: () => {
      let total: number | bigint = type === 'timespan' ? 0n : 0
      return {
        add: row => {
          const item = source?.eval(row)
          if (typeof item === 'number') total = type === 'real' ? Number(total) + item : addLongs(total, item)
          else if (typeof item === 'bigint') {
            total = type === 'timespan' ? BigInt(total) + item : addLongs(total, item)
          }
        },
        result: () => total,
      }
    },
  }
}

/** `avg(x)`: null of no values. */
export const avg: AggregateFunction = ([value], type) => {
  const isTime = value?.type === 'timespan' || value?.type === 'datetime'
  const source = value && !isTime ? converted(value, 'real') : value
  return {
    type,
    create: () => {
      let [total, ticks, rows] = [0, 0n, 0]
      return {
        add: row => {
          const item = source?.eval(row)
          if (typeof item === 'number') total += item
          else if (typeof item === 'bigint') ticks += item
          else return
          rows++
        },
        result: () => (rows === 0 ? null : isTime ? ticks / BigInt(rows) : total / rows),
      }
    },
  }
}

/** `min(x)` and `max(x)`; `sign` 1 keeps the largest. */
export function extreme(sign: number): AggregateFunction {
  return ([value], type) => ({
    type,
    create: () => {
      let best: KqlValue = null
      return {
        add: row => {
          const item = value?.eval(row) ?? null
          if (item === null || Number.isNaN(item)) return
          if (best === null || sign * compareValues(item, best) > 0) best = item
        },
        result: () => (best === null && type === 'string' ? '' : best),
      }
    },
  })
}

/** Variance and standard deviation, of a sample or of the whole; by Welford's recurrence. */
export function spreadOf({ sample, root }: { sample: boolean; root: boolean }): AggregateFunction {
  return ([value]) => {
    const source = value && converted(value, 'real')
    return {
      type: 'real',
      create: () => {
        let [rows, mean, squares] = [0, 0, 0]
        return {
          add: row => {
            const item = source?.eval(row)
            if (typeof item !== 'number') return
            rows++
            const delta = item - mean
            mean += delta / rows
            squares += delta * (item - mean)
          },
          result: () => {
            const divisor = sample ? rows - 1 : rows
            const variance = divisor > 0 ? squares / divisor : 0
            return root ? Math.sqrt(variance) : variance
          },
        }
      },
    }
  }
}

/** The nearest-rank percentile of sorted values. */
function nearestRank(sorted: readonly KqlValue[], percent: number): KqlValue {
  const rank = Math.ceil((Math.min(100, Math.max(0, percent)) / 100) * sorted.length)
  return sorted[Math.max(0, rank - 1)] ?? null
}

/** `percentile(x, p)`. */
export const percentile: AggregateFunction = (args, type) => {
  const inner = percentiles(args)
  return {
    type,
    create: () => {
      const accumulator = inner.create()
      return { add: row => accumulator.add(row), result: () => accumulator.result()[0] ?? null }
    },
  }
}

/** `percentiles(x, p, …)`: one column for each percentage. */
export function percentiles([value, ...wanted]: readonly Scalar[]): TupleAggregate {
  const numbers = wanted.flatMap(item => item.constant?.value ?? null).map(Number)
  return {
    create: () => {
      const values: KqlValue[] = []
      return {
        add: row => {
          const item = value?.eval(row) ?? null
          if (item !== null) values.push(item)
        },
        result: () => {
          values.sort(compareValues)
          return numbers.map(percent => nearestRank(values, percent))
        },
      }
    },
  }
}

/** `percentiles_array(x, p, …)`: all in one array. */
export const percentilesArray: AggregateFunction = args => {
  const inner = percentiles(args)
  const type = args[0]?.type ?? 'real'
  return {
    type: 'dynamic',
    create: () => {
      const accumulator = inner.create()
      return {
        add: row => accumulator.add(row),
        result: () => accumulator.result().map(item => toDynamic(item, type)),
      }
    },
  }
}
