import type { Environment, Window } from '../environment.ts'
import type { SyntaxElement } from '../language.ts'
import type { KqlValue, Row, Scalar } from '../types.ts'
import { addLongs } from '../values/integers.ts'
import { keyOf } from '../values/order.ts'
import { constant, perRow } from './make.ts'

type Compile = (node: SyntaxElement, env: Environment) => Scalar

export const windowFunctions = new Set([
  'prev',
  'next',
  'row_number',
  'row_cumsum',
  'row_rank_dense',
  'row_rank_min',
])

/** Compiles a function over neighbouring rows; undefined when the name is none or the rows are not serialized. */
export function compileWindowCall(
  name: string,
  args: readonly SyntaxElement[],
  env: Environment,
  compile: Compile,
): Scalar | undefined {
  const { window } = env
  if (!window || !windowFunctions.has(name)) return undefined
  const given = args.map(arg => compile(arg, env))
  switch (name) {
    case 'prev':
      return neighbour(given, window, -1)
    case 'next':
      return neighbour(given, window, 1)
    case 'row_number':
      return rowNumber(given, window)
    case 'row_cumsum':
      return cumulativeSum(given, window)
    default:
      return rank(given, window, name === 'row_rank_min')
  }
}

/** `prev(value[, distance[, default]])` and `next(…)`. */
function neighbour([value, distance, fallback]: Scalar[], window: Window, sign: number): Scalar {
  const by = Number(distance?.constant?.value ?? 1) * sign
  const inner = value ?? constant('dynamic', null)
  const missing = inner.type === 'string' ? '' : null
  return perRow(inner.type, row => {
    const other = window.rowAt(by)
    return other ? inner.eval(other) : fallback ? fallback.eval(row) : missing
  })
}

function rowNumber([start, restart]: Scalar[], window: Window): Scalar {
  const first = Number(start?.constant?.value ?? 1)
  let current = first
  return perRow('long', row => {
    current = begins(window, restart, row) ? first : current + 1
    return current
  })
}

function cumulativeSum([value, restart]: Scalar[], window: Window): Scalar {
  const inner = value ?? constant('long', 0)
  let sum: number | bigint = 0
  return perRow(inner.type === 'int' ? 'long' : inner.type, row => {
    if (begins(window, restart, row)) sum = inner.type === 'timespan' ? 0n : 0
    sum = plus(sum, inner.eval(row), inner.type === 'timespan' || inner.type === 'real')
    return sum
  })
}

function plus(sum: number | bigint, value: KqlValue, plain: boolean): number | bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') return sum
  if (!plain) return addLongs(sum, value)
  return typeof sum === 'bigint' && typeof value === 'bigint' ? sum + value : Number(sum) + Number(value)
}

function rank([value, restart]: Scalar[], window: Window, countsAll: boolean): Scalar {
  const inner = value ?? constant('dynamic', null)
  let [current, seen, last] = [0, 0, undefined as unknown]
  return perRow('long', row => {
    if (begins(window, restart, row)) [current, seen, last] = [0, 0, undefined]
    const key = keyOf(inner.eval(row))
    seen++
    if (key !== last) current = countsAll ? seen : current + 1
    last = key
    return current
  })
}

function begins(window: Window, restart: Scalar | undefined, row: Row): boolean {
  return window.index() === 0 || restart?.eval(row) === true
}
