import type { Defender, IncidentSpan, SyncPage } from '../../microsoft/defender/index.ts'
import type { Claim } from './round.ts'
import type { Progress, SyncStore, Written } from './store.ts'

export type SpanDeps = {
  defender: Pick<Defender, 'syncPage' | 'syncIncident' | 'syncSurface'>
  store: SyncStore
  worker: string
  /** Hears of elements that were left out. */
  onUnreadable: (tenantId: string, count: number) => void
}

/** The claim was taken away meanwhile: whoever has it now goes on. */
export class ClaimLost extends Error {}

/** How a call of a round is bounded: a turn that is further away is waited for without holding a slot. */
export const callOptions = { deadlineMs: 60_000, quotaWaitMs: 2_000 }

/** In a sweep that would have to begin anew, turns are waited for. */
const sweepOptions = { deadlineMs: 180_000, quotaWaitMs: 120_000 }

/** What reading a span came to. */
export type SpanResult = {
  isAtEnd: boolean
  changed: number
  /** Of the only answer, when all of it is stored. */
  digest: string | null
  /** The database's time before the last answer was asked for. */
  askedAt: Date
}

/**
 * Reads a span answer by answer and writes each before the next is asked for,
 * so that a round which is killed loses and doubles nothing. No deep skip: the
 * next answer begins at the last time seen, and what is repeated there changes
 * nothing; only when an answer is of one and the same time, it is passed over.
 *
 * @param most answers
 * @param progressOf how far an answer brings the tenant
 * @param onPage told before it is written; false: it need not be
 * @throws ClaimLost; RemoteError; errors of the database
 */
export async function readSpan(
  { defender, store, worker, onUnreadable }: SpanDeps,
  claim: Claim,
  start: IncidentSpan,
  most: number,
  progressOf: (page: SyncPage, next: IncidentSpan, askedAt: Date) => Progress,
  signal: AbortSignal,
  onPage: (page: SyncPage) => boolean = () => true,
): Promise<SpanResult> {
  const { tenantId, roles } = claim
  const options = most === Number.POSITIVE_INFINITY ? sweepOptions : callOptions
  let span = start
  let askedAt = claim.claimedAt
  let changed = 0
  let stale = 0
  for (let answers = 1; ; answers++) {
    const page = await defender.syncPage(tenantId, roles, span, { ...options, signal })
    if (page.unreadable > 0) onUnreadable(tenantId, page.unreadable)
    const isAtEnd = !page.hasMore || page.count === 0
    const next = nextSpan(span, page)
    if (onPage(page)) {
      const progress = progressOf(page, next, askedAt)
      const written: Written | null = await store.write(worker, tenantId, page.incidents, askedAt, progress)
      if (!written) throw new ClaimLost()
      changed += written.changes.length
      stale += written.stale
      if (!isAtEnd) askedAt = written.at
    }
    if (isAtEnd || answers >= most) {
      const isWhole = isAtEnd && answers === 1 && stale === 0
      return { isAtEnd, changed, askedAt, digest: isWhole ? page.digest : null }
    }
    span = next
  }
}

/** Where the answer after this one begins. */
function nextSpan(span: IncidentSpan, { surface, lastExact, count }: SyncPage): IncidentSpan {
  // Defender XDR promises no order: there the answers are counted.
  if (surface !== 'graph' || lastExact === null) return { ...span, skip: span.skip + count }
  const edge = span.order === 'oldest-first' ? span.from : span.until
  if (lastExact === edge) return { ...span, skip: span.skip + count }
  return span.order === 'oldest-first'
    ? { ...span, from: lastExact, skip: 0 }
    : { ...span, until: lastExact, skip: 0 }
}
