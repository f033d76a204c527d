import type { KqlValue, Row, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { derived } from './make.ts'

/** Compiles a chain of `and`: false wins over null, null over true. */
export function compileAnd(operands: readonly Scalar[]): Scalar {
  return chain(operands, false)
}

/** Compiles a chain of `or`: true wins over null, null over false. */
export function compileOr(operands: readonly Scalar[]): Scalar {
  return chain(operands, true)
}

function chain(operands: readonly Scalar[], winner: boolean): Scalar {
  const tests = operands.map(operand => converted(operand, 'bool').eval)
  return derived('bool', operands, (row: Row): KqlValue => {
    let unknown = false
    for (const test of tests) {
      const value = test(row)
      if (value === winner) return winner
      if (value === null) unknown = true
    }
    return unknown ? null : !winner
  })
}
