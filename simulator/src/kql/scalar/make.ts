import type { KqlType, KqlValue, Row, Scalar } from '../types.ts'

/** An expression that is the same for every row. */
export function constant(type: KqlType, value: KqlValue): Scalar {
  return { type, eval: () => value, constant: { value } }
}

/** An expression that is computed for each row. */
export function perRow(type: KqlType, evaluate: (row: Row) => KqlValue): Scalar {
  return { type, eval: evaluate }
}

const noRow: Row = []

/**
 * An expression that depends on nothing but the given ones: computed once, here, when all of those are constant.
 */
export function derived(type: KqlType, from: readonly Scalar[], evaluate: (row: Row) => KqlValue): Scalar {
  return from.every(scalar => scalar.constant) ? constant(type, evaluate(noRow)) : perRow(type, evaluate)
}
