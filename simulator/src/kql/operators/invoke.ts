import { unsupported } from '../error.ts'
import { child } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import { namesInBody } from '../scalar/user-function.ts'
import type { Operator } from './operator.ts'

/** `invoke f(…)`: a function whose first parameter is the table before the pipe. */
export const invoke: Operator = (node, input, place) => {
  const call = child(node, 'Function')
  const body = call.GetCalledFunctionBody?.()
  if (!body) throw unsupported(`'invoke' operator: this function`)
  const names = namesInBody(call, body, { ...place, columns: [] }, compileScalar, input)
  return place.query.compileTable(child(body, 'Expression'), names)
}
