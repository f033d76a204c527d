import type { KqlValue } from '../types.ts'
import type { Bag } from '../values/dynamic.ts'
import { isBag, setKey, toDynamic } from '../values/dynamic.ts'
import { compareValues, keyOf } from '../values/order.ts'
import type { AggregateFunction, TupleAggregate, TupleRequest } from './aggregate.ts'
import { spread } from './aggregate.ts'

const MOST_ELEMENTS = 1_048_576

/** `make_list(x[, most])`, in the order of the rows; null is left out unless asked for. */
export function makeList({ withNulls }: { withNulls: boolean }): AggregateFunction {
  return ([value, most]) => {
    const limit = Number(most?.constant?.value ?? MOST_ELEMENTS)
    return {
      type: 'dynamic',
      create: () => {
        const items: KqlValue[] = []
        return {
          add: row => {
            if (!value || items.length >= limit) return
            const item = value.eval(row)
            if (item !== null || withNulls) items.push(toDynamic(item, value.type))
          },
          result: () => items,
        }
      },
    }
  }
}

/** `make_set(x[, most])`: distinct values in the order of their first appearance; arrays give their elements. */
export const makeSet: AggregateFunction = ([value, most]) => {
  const limit = Number(most?.constant?.value ?? MOST_ELEMENTS)
  return {
    type: 'dynamic',
    create: () => {
      const items = new Map<unknown, KqlValue>()
      const take = (item: KqlValue) => {
        const key = keyOf(item)
        if (item !== null && items.size < limit && !items.has(key)) items.set(key, item)
      }
      return {
        add: row => {
          if (!value) return
          const item = toDynamic(value.eval(row), value.type)
          if (Array.isArray(item)) item.forEach(take)
          else take(item)
        },
        result: () => [...items.values()],
      }
    },
  }
}

/** `make_bag(x)`: the keys of all bags; of a key that comes again the first value stays. */
export const makeBag: AggregateFunction = ([value]) => ({
  type: 'dynamic',
  create: () => {
    const bag: Bag = {}
    return {
      add: row => {
        const item = value?.eval(row)
        if (!isBag(item)) return
        for (const [key, inner] of Object.entries(item)) if (!Object.hasOwn(bag, key)) setKey(bag, key, inner)
      },
      result: () => bag,
    }
  },
})

/** `take_any(x)` of one value: the first that is not empty, else the first. */
export const takeAny: AggregateFunction = ([value], type) => ({
  type,
  create: () => {
    let [found, item] = [false, (type === 'string' ? '' : null) as KqlValue]
    return {
      add: row => {
        if (found) return
        const given = value?.eval(row) ?? null
        if (given === null || given === '') return
        found = true
        item = given
      },
      result: () => item,
    }
  },
})

/** `take_any(a, b, *)`: the values of the first row. */
export function takeAnyRow(request: TupleRequest): TupleAggregate {
  const evaluators = spread(request)
  return {
    create: () => {
      let kept: KqlValue[] | undefined
      return {
        add: row => {
          kept ??= evaluators.map(evaluate => evaluate(row))
        },
        result: () => kept ?? evaluators.map(() => null),
      }
    },
  }
}

/** `arg_max(x, …)` and `arg_min(x, …)`: values of the row where `x` is extreme; `sign` 1 for the largest. */
export function argExtreme(request: TupleRequest, sign: number): TupleAggregate {
  const [first, ...rest] = spread(request)
  return {
    create: () => {
      let best: KqlValue = null
      let kept: Parameters<NonNullable<typeof first>>[0] | undefined
      return {
        add: row => {
          const value = first?.(row) ?? null
          if (value === null && kept) return
          if (!kept || best === null || sign * compareValues(value, best) > 0) {
            best = value
            kept = row
          }
        },
        result: () => [best, ...rest.map(evaluate => (kept ? evaluate(kept) : null))],
      }
    },
  }
}
