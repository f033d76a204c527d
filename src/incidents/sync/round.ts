import type { Failure } from '../../errors.ts'
import { askedDelayMs } from '../../microsoft/http/retry.ts'
import { backoffMs } from '../../platform/limits/backoff.ts'

/** A tenant whose turn it is, taken by one worker. Times of Microsoft's are texts with all digits, see `exactTimeOf`. */
export type Claim = {
  tenantId: string
  /** The tenant's granted roles, `surface:Role`. */
  roles: string[]
  surface: string | null
  /** Everything that Microsoft updated up to here was seen. */
  seenUntil: string | null
  /** Everything from the start back to here is stored. */
  backfillPosition: string | null
  backfillUntil: Date | null
  backfillDoneAt: Date | null
  changedAt: Date | null
  lookedBackAt: Date | null
  reconciledAt: Date | null
  digest: string | null
  failures: number
  /** The database's time of the claim. */
  claimedAt: Date
}

/** What a round came to. */
export type RoundOutcome = {
  surface: string | null
  /** The database's time as of which the tenant is up to date: its list was read to the end. Null when it was not. */
  syncedAt: Date | null
  /** Something was new. */
  isChanged: boolean
  hasLookedBack: boolean
  hasReconciled: boolean
  digest: string | null
  /** Null when nothing failed, or when it was only sent away for a while. */
  failure: Failure | null
  /** Until the next round, counted from now. */
  waitMs: number
}

const minuteMs = 60_000

/**
 * How long after the beginning of a round the next one begins: a minute while
 * things happen, up to four and a half when it is quiet, so that with the round
 * itself nothing gets older than five. A little random, so that tenants which
 * were connected together are not asked together for ever.
 *
 * @param quietMs since something last changed; null when nothing ever did
 * @param random 0 to 1
 */
export function intervalMs(quietMs: number | null, random: number): number {
  const minutes = quietMs === null || quietMs >= 120 * minuteMs ? 4.25 : quietMs >= 30 * minuteMs ? 2 : 1
  return minutes * minuteMs * (0.94 + random * 0.06)
}

/**
 * How long a tenant that failed is left alone: as the service says, else longer
 * each time up to five minutes; a quarter of an hour when somebody has to act
 * first.
 *
 * @param failures in a row, this one included
 */
export function pauseMs(failure: Failure, failures: number, random: number): number {
  const jitter = 0.75 + random * 0.25
  if (failure.permanent) return 15 * minuteMs * jitter
  return (
    askedDelayMs(failure, random) ?? backoffMs(failures, { baseMs: 15_000, ceilingMs: 5 * minuteMs }) * jitter
  )
}
