import type { HuntChannel } from './channel.ts'
import { type HuntSummary, type HuntTenant, isOver } from './model.ts'

/** How a hunt stands, and the tenants that changed since the event before; in the first event, all tenants. */
export type HuntProgress = { hunt: HuntSummary; tenants: HuntTenant[] }

/** At most four events a second: more cannot be seen. */
const gapMs = 250

/** Without a notice: the connection that brings them may be down. */
const lookMs = 1_000

export type WatchParts = {
  channel: HuntChannel
  summary: () => Promise<HuntSummary>
  /** Tenants that may have changed since a moment of the database's clock, all of them for null. */
  tenants: (since: Date | null) => Promise<{ tenants: HuntTenant[]; at: Date }>
}

/**
 * Follows a hunt to its end, whichever process does its work. The last event
 * is the one in which the hunt is over.
 *
 * @param signal ends it early, without an error
 */
export async function* watchHunt(
  { channel, summary, tenants }: WatchParts,
  huntId: string,
  signal: AbortSignal,
): AsyncGenerator<HuntProgress> {
  const seen = new Map<string, string>()
  const bell = createBell(signal)
  const unlisten = channel.listen(notice => {
    const isOurs =
      notice.kind === 'missed' ||
      (notice.kind === 'changed' && notice.huntIds.includes(huntId)) ||
      (notice.kind === 'canceled' && notice.huntId === huntId)
    if (isOurs) bell.ring()
  })
  try {
    let since: Date | null = null
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      // First how the hunt stands: so the last event has every tenant in its last state.
      const hunt = await summary()
      const looked = await tenants(since)
      since = looked.at
      const changed = looked.tenants.filter(tenant => {
        const state = `${tenant.status} ${tenant.rowCount} ${tenant.attempts} ${tenant.waitingUntil}`
        const isNew = seen.get(tenant.tenantId) !== state
        seen.set(tenant.tenantId, state)
        return isNew
      })
      const over = isOver(hunt.status)
      if (isFirst || changed.length > 0 || over) yield { hunt, tenants: changed }
      if (over) return
      await bell.pause(gapMs)
      await bell.wait(lookMs)
    }
  } finally {
    unlisten()
  }
}

/** Waits that a ring, the time or the signal ends. */
function createBell(signal: AbortSignal) {
  let isRung = false
  let wake = (): void => {}

  function rest(ms: number): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
      wake = done
    })
  }

  return {
    ring() {
      isRung = true
      wake()
    },
    /** Rings are heard after it. */
    async pause(ms: number): Promise<void> {
      const sleeping = rest(ms)
      wake = () => {}
      await sleeping
    },
    async wait(ms: number): Promise<void> {
      if (!isRung) await rest(ms)
      wake = () => {}
      isRung = false
    },
  }
}
