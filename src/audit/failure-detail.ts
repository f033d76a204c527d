import type { Failure } from '../errors.ts'

/** What an audit event keeps of a failure: its name, what was found, and what Microsoft's support asks for. */
export function failureDetail({ code, message, serviceCode, requestId }: Failure) {
  return { code, message, serviceCode, requestId }
}
