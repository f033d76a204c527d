import type { RemoteFailure } from '../../../errors.ts'
import type { FailureName } from '../../../remote/index.ts'

/** How often a call may fail in each way before the tenant counts as failed; until the deadline where nothing is said. */
const mostAttempts: Partial<Record<FailureName, number>> = {
  unavailable: 5,
  network: 6,
  reset: 6,
  bad_answer: 4,
  timeout: 3,
  token_rejected: 3,
  partial_answer: 3,
}

/** These pass by themselves: the service says when, or our own rate does. */
const untilDeadline: ReadonlySet<string> = new Set<FailureName>([
  'throttled',
  'quota_exhausted',
  'cpu_quota_exhausted',
  'circuit_open',
])

const baseMs = 2_000
const ceilingMs = 60_000

/** `attempts`: calls made so far, from 1. `failures`: how many of the last ones failed otherwise than by being sent away. */
export type Tries = { attempts: number; failures: number }

/**
 * Whether a tenant whose call failed is asked again, and when.
 *
 * @param tries before this failure was counted
 * @param leftMs until the hunt's deadline
 * @param random 0 to 1
 * @returns milliseconds to wait, and the failures to remember; null when asking again cannot help or not in time
 */
export function patience(
  failure: RemoteFailure,
  { attempts, failures: before }: Tries,
  leftMs: number,
  random: number,
): { waitMs: number; failures: number } | null {
  if (failure.permanent) return null
  const isSentAway = untilDeadline.has(failure.code)
  const failures = isSentAway ? before : before + 1
  if (!isSentAway && failures >= (mostAttempts[failure.code as FailureName] ?? 0)) return null

  // Up to a second on top, so that tenants sent away together do not come back together.
  const said = failure.retryAfterSeconds === null ? null : failure.retryAfterSeconds * 1000 + random * 1000
  const guessed = Math.min(ceilingMs, baseMs * 2 ** (attempts - 1)) * (0.5 + random / 2)
  const waitMs = said ?? guessed
  return waitMs < leftMs ? { waitMs, failures } : null
}
