import type { Failure } from '../errors.ts'

/** One line of the doctor's report. */
export type Finding = {
  /** What was looked at, e.g. `database`. */
  check: string
  outcome: 'ok' | 'warning' | 'failed'
  /** What was found. */
  message: string
  /** What to do; null when all is well. */
  remedy: string | null
  /** What the service calls it, such as `AADSTS7000222`. */
  serviceCode: string | null
  /** The id that Microsoft's support asks for. */
  requestId: string | null
}

const noIds = { serviceCode: null, requestId: null }

export function ok(check: string, message: string): Finding {
  return { check, outcome: 'ok', message, remedy: null, ...noIds }
}

export function warning(check: string, message: string, remedy: string): Finding {
  return { check, outcome: 'warning', message, remedy, ...noIds }
}

export function failed(check: string, message: string, remedy: string): Finding {
  return { check, outcome: 'failed', message, remedy, ...noIds }
}

/** A failure with what people search for and what support asks for. */
export function failedWith(check: string, { message, remedy, serviceCode, requestId }: Failure): Finding {
  return { check, outcome: 'failed', message, remedy: remedy || null, serviceCode, requestId }
}
