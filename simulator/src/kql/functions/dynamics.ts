import { constant, derived } from '../scalar/make.ts'
import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { converted, toText } from '../values/convert.ts'
import type { Bag } from '../values/dynamic.ts'
import { setKey, toDynamic } from '../values/dynamic.ts'
import { compareValues, keyOf } from '../values/order.ts'
import type { FunctionTable, ScalarFunction } from './define.ts'
import { bagOf, define, listOf, variadic } from './define.ts'

/** `bag_pack(key, value, …)`; a null value is kept as null. */
const bagPack: ScalarFunction = args => {
  const pairs: { key: Scalar['eval']; value: Scalar['eval']; type: KqlType }[] = []
  for (let index = 0; index + 1 < args.length; index += 2) {
    const [key, value] = [args[index], args[index + 1]]
    if (key && value) pairs.push({ key: converted(key, 'string').eval, value: value.eval, type: value.type })
  }
  return derived('dynamic', args, row => {
    const bag: Bag = {}
    for (const { key, value, type } of pairs) setKey(bag, String(key(row)), toDynamic(value(row), type))
    return bag
  })
}

const packArray: ScalarFunction = args => {
  return derived('dynamic', args, row => args.map(arg => toDynamic(arg.eval(row), arg.type)))
}

function bagMerge(values: KqlValue[]): KqlValue {
  const merged: Bag = {}
  for (const value of values) {
    for (const [key, item] of Object.entries(bagOf(value) ?? {})) {
      if (!Object.hasOwn(merged, key)) setKey(merged, key, item)
    }
  }
  return merged
}

function sorted(sign: number): ScalarFunction {
  return define(['dynamic', 'any?'], value => {
    const list = listOf(value)
    if (!list) return null
    const nulls = list.filter(item => item === null)
    const others = list.filter(item => item !== null).sort((a, b) => sign * compareValues(a, b))
    return [...others, ...nulls]
  })
}

function setOperation(combine: (sets: Map<unknown, KqlValue>[]) => Iterable<KqlValue>): ScalarFunction {
  return variadic('dynamic', values => {
    const lists = values.map(value => listOf(value))
    if (lists.some(list => !list)) return null
    return [...combine(lists.map(list => new Map((list ?? []).map(item => [keyOf(item), item]))))]
  })
}

const setDifference = setOperation(([first, ...rest]) => {
  return [...(first ?? [])].filter(([key]) => !rest.some(set => set.has(key))).map(([, item]) => item)
})

const setIntersect = setOperation(([first, ...rest]) => {
  return [...(first ?? [])].filter(([key]) => rest.every(set => set.has(key))).map(([, item]) => item)
})

const setUnion = setOperation(sets => new Map(sets.flatMap(set => [...set])).values())

function slice(value: KqlValue, start: number, end: number): KqlValue {
  const list = listOf(value)
  if (!list) return null
  const from = start < 0 ? Math.max(0, list.length + start) : start
  const to = end < 0 ? list.length + end : end
  return list.slice(from, to + 1)
}

const indexOf: ScalarFunction = ([list, wanted, start]) => {
  const [values, value] = [list ?? constant('dynamic', null), wanted ?? constant('dynamic', null)]
  return derived('long', [values, value, ...(start ? [start] : [])], row => {
    const items = listOf(values.eval(row))
    if (!items) return null
    const key = keyOf(toDynamic(value.eval(row), value.type))
    const from = Number(start?.eval(row) ?? 0)
    return items.findIndex(
      (item, index) => index >= (from < 0 ? items.length + from : from) && keyOf(item) === key,
    )
  })
}

const hasElement: ScalarFunction = (args, _type) => {
  const found = indexOf(args.slice(0, 2), 'long')
  return derived('bool', [found], row => {
    const index = found.eval(row)
    return typeof index === 'number' ? index >= 0 : null
  })
}

const MOST_ELEMENTS = 1_048_576

/** `range(start, stop, step)`: numbers and times; both ends belong to it. */
const range: ScalarFunction = ([first, last, by]) => {
  const start = first ?? constant('long', null)
  const stop = last ?? constant('long', null)
  const isTime = start.type === 'datetime' || start.type === 'timespan'
  const step = by ?? (isTime ? constant('timespan', 36_000_000_000n) : constant('long', 1))
  return derived('dynamic', [start, stop, step], row => {
    const [from, to, size] = [start.eval(row), stop.eval(row), step.eval(row)]
    if (from === null || to === null || size === null || Number(size) === 0) return null
    const values: KqlValue[] = []
    const up = Number(size) > 0
    for (let at: KqlValue = from; values.length < MOST_ELEMENTS; at = plus(at, size)) {
      const order = compareValues(at, to)
      if (up ? order > 0 : order < 0) break
      values.push(toDynamic(at, start.type))
    }
    return values
  })
}

function plus(a: KqlValue, b: KqlValue): KqlValue {
  return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b)
}

/** @see Kusto query language, "Scalar functions", dynamic/array functions */
export const dynamicFunctions: FunctionTable = {
  pack: bagPack,
  pack_dictionary: bagPack,
  bag_pack: bagPack,
  pack_array: packArray,
  range,
  bag_keys: define(['dynamic'], value => {
    const bag = bagOf(value)
    return bag ? Object.keys(bag) : null
  }),
  bag_has_key: define(['dynamic', 'string'], (value, key) => {
    const bag = bagOf(value)
    return bag ? Object.hasOwn(bag, key) : null
  }),
  bag_merge: variadic('dynamic', bagMerge),
  bag_remove_keys: define(['dynamic', 'dynamic'], (value, keys) => {
    const removed = new Set((listOf(keys) ?? []).map(key => toText(key, 'dynamic')))
    return bagOf(value)
      ? Object.fromEntries(Object.entries(bagOf(value) ?? {}).filter(([key]) => !removed.has(key)))
      : null
  }),
  bag_set_key: define(['dynamic', 'string', 'dynamic'], (value, key, item) => {
    const bag = bagOf(value)
    return bag
      ? Object.fromEntries([...Object.entries(bag).filter(([name]) => name !== key), [key, item]])
      : null
  }),
  bag_zip: define(['dynamic', 'dynamic'], (keys, values) => {
    const bag: Bag = {}
    listOf(keys)?.forEach((key, index) => {
      setKey(bag, toText(key, 'dynamic'), listOf(values)?.[index] ?? null)
    })
    return bag
  }),
  array_length: define(['dynamic'], value => listOf(value)?.length ?? null),
  arraylength: define(['dynamic'], value => listOf(value)?.length ?? null),
  array_index_of: indexOf,
  array_slice: define(['dynamic', 'long', 'long'], slice),
  array_concat: variadic('dynamic', values => {
    return values.flatMap(value => listOf(value) ?? (value === null ? [] : [value]))
  }),
  array_reverse: define(['dynamic'], value => listOf(value)?.toReversed() ?? null),
  array_sum: define(['dynamic'], value => {
    return (
      listOf(value)?.reduce<number>((sum, item) => sum + (typeof item === 'number' ? item : 0), 0) ?? null
    )
  }),
  array_sort_asc: sorted(1),
  array_sort_desc: sorted(-1),
  strcat_array: define(['dynamic', 'string'], (value, delimiter) => {
    return (listOf(value) ?? []).map(item => toText(item, 'dynamic')).join(delimiter)
  }),
  set_difference: setDifference,
  set_intersect: setIntersect,
  set_union: setUnion,
  set_has_element: hasElement,
  jaccard_index: define(['dynamic', 'dynamic'], (a, b) => {
    const [left, right] = [new Set((listOf(a) ?? []).map(keyOf)), new Set((listOf(b) ?? []).map(keyOf))]
    const union = left.union(right).size
    return union === 0 ? Number.NaN : left.intersection(right).size / union
  }),
  zip: variadic('dynamic', values => {
    const lists = values.map(value => listOf(value) ?? [])
    const length = Math.max(0, ...lists.map(list => list.length))
    return Array.from({ length }, (_, index) => lists.map(list => list[index] ?? null))
  }),
  repeat: define(['dynamic', 'long'], (value, count) =>
    Array(Math.max(0, Math.min(count, MOST_ELEMENTS))).fill(value),
  ),
}
