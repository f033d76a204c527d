import type { Failure } from '../errors.ts'

/**
 * Failures after which it cannot be told whether the service carried out what
 * it was asked: the request went out, and no clear answer came back.
 */
const unclear: ReadonlySet<string> = new Set([
  'reset',
  'timeout',
  'unavailable',
  'bad_answer',
  'too_large',
  'partial_answer',
  'canceled',
])

/** Whether a write may have happened although it failed. */
export function mayHaveHappened(failure: Failure): boolean {
  // Entra hands out the token: nothing was asked of the service before.
  if (failure.service === 'entra') return false
  const wasAborted = failure.code === 'suspended' && failure.serviceCode === 'ABORTED'
  return wasAborted || unclear.has(failure.code)
}
