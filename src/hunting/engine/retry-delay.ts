import type { Failure } from '../../errors.ts'
import { mayHaveRun } from '../../microsoft/failures/retryable.ts'
import type { FailureName } from '../../microsoft/http/index.ts'
import { askedDelayMs } from '../../microsoft/http/retry.ts'
import { backoffMs } from '../../platform/limits/backoff.ts'

/** How often a call may fail in each way before the tenant counts as failed; until the deadline where nothing is said. */
const mostAttempts: Partial<Record<FailureName, number>> = {
  unavailable: 5,
  network: 6,
  // Once more, where a connection gave no answer: the query may have run each time.
  reset: 2,
  timeout: 2,
  bad_answer: 4,
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

/** Nobody was asked. The task is not claimed before the suspension ends, so this is only for the time until all know. */
const suspendedMs = 1_000

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
export function retryDelay(
  failure: Failure,
  { attempts, failures: before }: Tries,
  leftMs: number,
  random: number,
): { waitMs: number; failures: number } | null {
  if (failure.code === 'suspended') return { waitMs: suspendedMs, failures: before }
  if (failure.permanent || mayHaveRun(failure)) return null
  const isSentAway = untilDeadline.has(failure.code)
  const failures = isSentAway ? before : before + 1
  if (!isSentAway && failures >= (mostAttempts[failure.code as FailureName] ?? 0)) return null

  const waitMs =
    askedDelayMs(failure, random) ?? backoffMs(attempts, { baseMs, ceilingMs }) * (0.5 + random / 2)
  return waitMs < leftMs ? { waitMs, failures } : null
}
