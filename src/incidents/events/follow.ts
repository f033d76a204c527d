import { createWaker } from '../../platform/limits/waker.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { IncidentEvent, IncidentWatch } from './watch.ts'

export type FollowOptions = {
  /** Ends it. */
  signal: AbortSignal
  /** Called when nothing is missed from then on. */
  begin: () => void
  /** More events than these, not taken yet, are given up: null takes their place. */
  mostWaiting?: number
  /** At least so long between two lots of events. */
  gapMs?: number
}

/**
 * Changes of what the actor may see, as they are stored: all events since the
 * lot before. Null among them: events may have been lost.
 *
 * @throws AppError `forbidden`
 */
export async function* followIncidents(
  watch: IncidentWatch,
  actor: Actor,
  { signal, begin, mostWaiting = Number.POSITIVE_INFINITY, gapMs = 0 }: FollowOptions,
): AsyncGenerator<(IncidentEvent | null)[]> {
  let waiting: (IncidentEvent | null)[] = []
  const waker = createWaker(signal)
  const unlisten = await watch.listen(actor, event => {
    if (event === null || waiting.length >= mostWaiting) waiting = [null]
    else waiting.push(event)
    waker.wake()
  })
  try {
    begin()
    while (!signal.aborted) {
      await waker.wait()
      if (waiting.length === 0) continue
      const events = waiting
      waiting = []
      yield events
      if (gapMs > 0) await waker.pause(gapMs)
    }
  } finally {
    unlisten()
  }
}
