import type { RemoteFailure } from '../errors.ts'

/** Backoff before the tries after the first: full jitter under 0.5, 1, 2, 4 … s. */
const baseMs = 500
const ceilingMs = 16_000

/**
 * How long to wait before try number `attempt + 1`.
 *
 * What the service says is kept to the second, with up to a second on top so
 * that the callers it sent away together do not come back together. Else
 * exponential backoff with full jitter; a service that throttles without
 * saying how long is left alone for at least half of it.
 *
 * @param attempt tries made so far, from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(failure: RemoteFailure, attempt: number, random: number): number {
  if (failure.retryAfterSeconds !== null) return failure.retryAfterSeconds * 1000 + random * 1000
  const most = Math.min(ceilingMs, baseMs * 2 ** (attempt - 1))
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
