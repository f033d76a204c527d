import { createWaker } from '../../platform/limits/waker.ts'
import type { HuntChannel } from './channel.ts'
import { type HuntSummary, type HuntTask, isOver } from './model.ts'

/** How a hunt stands, and the tenants that changed since the event before; in the first event, all tenants. */
export type HuntProgress = { hunt: HuntSummary; tenants: HuntTask[] }

/** At most four events a second: more cannot be seen. */
const gapMs = 250

/** Without a notice: the connection that brings them may be down. */
const lookMs = 1_000

export type WatchDeps = {
  channel: HuntChannel
  summary: () => Promise<HuntSummary>
  /** Tenants that may have changed since a moment of the database's clock, all of them for null. */
  tenants: (since: Date | null) => Promise<{ tenants: HuntTask[]; at: Date }>
}

/**
 * Follows a hunt to its end, whichever process does its work. The last event
 * is the one in which the hunt is over.
 *
 * @param signal ends it early, without an error
 */
export async function* watchHunt(
  { channel, summary, tenants }: WatchDeps,
  huntId: string,
  signal: AbortSignal,
): AsyncGenerator<HuntProgress> {
  const seen = new Map<string, string>()
  const waker = createWaker(signal)
  const unlisten = channel.listen(notice => {
    const isOurs =
      notice.kind === 'missed' ||
      (notice.kind === 'changed' && notice.huntIds.includes(huntId)) ||
      (notice.kind === 'canceled' && notice.huntId === huntId)
    if (isOurs) waker.wake()
  })
  try {
    let since: Date | null = null
    let told = ''
    while (!signal.aborted) {
      // First how the hunt stands: so the last event has every tenant in its last state.
      const hunt = await summary()
      // A tenant that ends between the two reads comes with this event and is counted in the next one only.
      const counted = JSON.stringify([hunt.status, hunt.counts, hunt.rowCount])
      // At the end all of them: what committed late is in no window.
      const looked = await tenants(isOver(hunt.status) ? null : since)
      since = looked.at
      const changed = looked.tenants.filter(tenant => {
        const state = `${tenant.status} ${tenant.rowCount} ${tenant.attempts} ${tenant.waitingUntil}`
        const isNew = seen.get(tenant.tenantId) !== state
        seen.set(tenant.tenantId, state)
        return isNew
      })
      if (counted !== told || changed.length > 0) yield { hunt, tenants: changed }
      told = counted
      if (isOver(hunt.status)) return
      await waker.pause(gapMs)
      await waker.wait(lookMs)
    }
  } finally {
    unlisten()
  }
}
