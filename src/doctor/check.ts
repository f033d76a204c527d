/** One line of the doctor's report. */
export type Finding = {
  /** What was looked at, e.g. `database`. */
  check: string
  outcome: 'ok' | 'warning' | 'failed'
  /** What was found. */
  message: string
  /** What to do; null when all is well. */
  remedy: string | null
}

export function ok(check: string, message: string): Finding {
  return { check, outcome: 'ok', message, remedy: null }
}

export function warning(check: string, message: string, remedy: string): Finding {
  return { check, outcome: 'warning', message, remedy }
}

export function failed(check: string, message: string, remedy: string): Finding {
  return { check, outcome: 'failed', message, remedy }
}
