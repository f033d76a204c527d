import type { Failure } from '../../errors.ts'
import { backoffMs } from '../../platform/limits/backoff.ts'

/** Backoff before the tries after the first: full jitter under 0.5, 1, 2, 4 … s. */
const baseMs = 500
const ceilingMs = 16_000

/**
 * The delay that the service asked for, kept to the second, with up to a second
 * on top: callers it sent away together do not come back together.
 *
 * @param random from 0 to 1
 * @returns milliseconds; null when it asked for none
 */
export function askedDelayMs({ retryAfterSeconds }: Failure, random: number): number | null {
  return retryAfterSeconds === null ? null : retryAfterSeconds * 1000 + random * 1000
}

/**
 * How long to wait before try number `attempt + 1`.
 *
 * What the service asked for, else exponential backoff with full jitter; a
 * service that throttles without saying how long is left alone for at least
 * half of it.
 *
 * @param attempt tries made so far, from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(failure: Failure, attempt: number, random: number): number {
  const askedMs = askedDelayMs(failure, random)
  if (askedMs !== null) return askedMs
  const most = backoffMs(attempt, { baseMs, ceilingMs })
  return failure.code === 'throttled' ? 2 * most * (0.5 + random / 2) : most * random
}

/**
 * Bounds how much retries can add to the traffic of the whole process: each
 * call earns a fraction of a retry, so an outage is met with a few per cent
 * more requests, not with several times as many.
 */
export type RetryBudget = {
  /** Called once per call. */
  earn(): void
  /** @returns false when no retry is left */
  spend(): boolean
}

/** @param capacity retries that can be saved up; @param share retries earned per call */
export function createRetryBudget(capacity = 100, share = 0.2): RetryBudget {
  let saved = capacity
  return {
    earn() {
      saved = Math.min(capacity, saved + share)
    },
    spend() {
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
