import { RemoteError } from '../../errors.ts'
import type { SyncPage } from '../../microsoft/defender/index.ts'
import { earliest, latest, shiftExact, toExact } from './exact-time.ts'
import { fetchAlerts } from './fetch-alerts.ts'
import { ClaimLost, readSpan, type SpanDeps, type SpanResult } from './read-span.ts'
import { reconcile } from './reconcile.ts'
import { type Claim, intervalMs, pauseMs, type RoundOutcome } from './round.ts'

export type RoundDeps = SpanDeps & {
  /** Days that the first run goes back. */
  spanDays: number
  /** 0 to 1 */
  random: () => number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * Each round reads this much again: servers' clocks differ, and an update may
 * come to light after later ones.
 */
const overlapMs = 5 * minuteMs
/** The last day is read again once an hour, everything once a day. */
const lookBackMs = 26 * hourMs

/** Answers of one round at most; a tenant with more goes on in the next one, so that others get their turn. */
const mostAnswers = 20

/**
 * One round of one tenant: what is new, a part of the first run, alerts of what
 * changed; now and then what came to light late and what was deleted.
 *
 * @returns null when the claim was lost or given up
 * @throws errors of the database: they are no failure of the tenant's
 */
export async function runRound(
  deps: RoundDeps,
  claimed: Claim,
  signal: AbortSignal,
): Promise<RoundOutcome | null> {
  const claim = { ...claimed }
  const startedAt = Date.now()
  const outcome: RoundOutcome = {
    surface: null,
    syncedAt: null,
    isChanged: false,
    hasLookedBack: false,
    hasReconciled: false,
    digest: null,
    failure: null,
    waitMs: 0,
  }
  try {
    outcome.surface = deps.defender.syncSurface(claim.roles)
    // What is new comes first; at the very first, history tells where it begins.
    if (claim.seenUntil !== null) await readNew(deps, claim, outcome, signal)
    const isFirst = claim.seenUntil === null
    const isBackfilled = claim.backfillDoneAt !== null || (await backfill(deps, claim, outcome, signal))
    if (isFirst) await readNew(deps, claim, outcome, signal)
    if (isBackfilled && outcome.syncedAt !== null) await reconcileIfDue(deps, claim, outcome, signal)
    const alerts = await fetchAlerts(deps, claim, signal)
    outcome.isChanged ||= alerts.fetched > 0
    const isMoreToDo = !isBackfilled || outcome.syncedAt === null || alerts.hasMore
    const quietMs = quietFor(claim, outcome)
    const untilNext = Math.max(0, intervalMs(quietMs, deps.random()) - (Date.now() - startedAt))
    outcome.waitMs = isMoreToDo ? Math.min(untilNext, alerts.pauseMs ?? 0) : untilNext
    return outcome
  } catch (error) {
    if (signal.aborted || error instanceof ClaimLost) return null
    if (!(error instanceof RemoteError)) throw error
    const { failure } = error
    // Nobody was asked: the tenant is given back as it was, and due when the suspension ends.
    if (failure.code === 'suspended') return null
    return { ...outcome, failure, digest: null, waitMs: pauseMs(failure, claim.failures + 1, deps.random()) }
  }
}

/** Reads history, newest first; its first answer tells where new things begin. @returns whether all of it is there */
async function backfill(
  deps: RoundDeps,
  claim: Claim,
  outcome: RoundOutcome,
  signal: AbortSignal,
): Promise<boolean> {
  const backfillUntil = claim.backfillUntil ?? new Date(claim.claimedAt.getTime() - deps.spanDays * dayMs)
  const from = toExact(backfillUntil)
  const [, skip] = /^#(\d+)$/.exec(claim.backfillPosition ?? '') ?? []
  const until = skip === undefined ? claim.backfillPosition : null
  const start = { from, until, order: 'newest-first', skip: Number(skip ?? 0) } as const
  const result = await readSpan(deps, claim, start, mostAnswers, progressOf, signal)
  if (result.changed > 0) outcome.isChanged = true
  if (result.isAtEnd) outcome.hasReconciled = true
  return result.isAtEnd

  function progressOf(page: SyncPage, next: { until: string | null; skip: number }, askedAt: Date) {
    claim.seenUntil ??= earliest(newestOf(page) ?? from, toExact(askedAt))
    return {
      seenUntil: claim.seenUntil,
      backfillUntil,
      backfillPosition: page.surface === 'graph' ? (next.until ?? from) : `#${next.skip}`,
      backfilled: page.incidents.length,
      isBackfilled: !page.hasMore || page.count === 0,
    }
  }
}

/** Reads what was updated since the last round. */
async function readNew(
  deps: RoundDeps,
  claim: Claim,
  outcome: RoundOutcome,
  signal: AbortSignal,
): Promise<void> {
  const isLookingBack = isOlder(claim.lookedBackAt, claim.claimedAt, hourMs)
  const seenUntil = claim.seenUntil ?? toExact(new Date(claim.claimedAt.getTime() - deps.spanDays * dayMs))
  const from = shiftExact(seenUntil, isLookingBack ? -lookBackMs : -overlapMs)
  const isOrdered = outcome.surface === 'graph'
  let first: string | null = null
  const result: SpanResult = await readSpan(
    deps,
    claim,
    { from, until: null, order: 'oldest-first', skip: 0 },
    // Without an order only a whole sweep may move it on.
    isOrdered ? mostAnswers : Number.POSITIVE_INFINITY,
    (page, _next, askedAt) => {
      first ??= newestOf(page)
      const seen = isOrdered ? page.lastExact : !page.hasMore ? first : null
      // Capped at the time of our request, so that a fast clock at Microsoft cannot skip updates.
      return seen === null ? {} : { seenUntil: earliest(seen, toExact(askedAt)) }
    },
    signal,
    page => page.digest !== claim.digest,
  )
  if (result.changed > 0) outcome.isChanged = true
  outcome.digest = result.digest
  if (!result.isAtEnd) return
  outcome.syncedAt = result.askedAt
  outcome.hasLookedBack = isLookingBack
}

async function reconcileIfDue(
  deps: RoundDeps,
  claim: Claim,
  outcome: RoundOutcome,
  signal: AbortSignal,
): Promise<void> {
  if (outcome.hasReconciled || !isOlder(claim.reconciledAt, claim.claimedAt, dayMs)) return
  const changed = await reconcile(deps, claim, deps.spanDays, signal)
  if (changed > 0) outcome.isChanged = true
  outcome.hasReconciled = true
}

/** The latest update in an answer, whatever its order. */
function newestOf({ incidents }: SyncPage): string | null {
  return latest(...incidents.map(({ updatedExact }) => updatedExact))
}

function quietFor({ changedAt, claimedAt }: Claim, { isChanged }: RoundOutcome): number | null {
  if (isChanged) return 0
  return changedAt === null ? null : claimedAt.getTime() - changedAt.getTime()
}

function isOlder(at: Date | null, now: Date, ageMs: number): boolean {
  return at === null || now.getTime() - at.getTime() >= ageMs
}
