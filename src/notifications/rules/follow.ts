import type { IncidentWatch } from '../../incidents/events/watch.ts'
import { createWakeTimer } from '../../platform/limits/wake-timer.ts'
import { systemActor } from '../../tenants/actor.ts'

export type FollowDeps = {
  incidentWatch: Pick<IncidentWatch, 'listen'>
  hasNews: () => Promise<boolean>
  /** Has the matcher work, in one process of all. */
  enqueue: () => Promise<void>
  onError: (error: unknown) => void
}

/** Changes come in bursts: they are looked at together. */
const gatherMs = 500

/**
 * Has rules look at incidents as they change. What is missed here, the clock
 * finds within a minute.
 */
export function createRuleFollower({ incidentWatch, hasNews, enqueue, onError }: FollowDeps) {
  let end: (() => void) | null = null
  const timer = createWakeTimer(() => {
    look().catch(onError)
  })

  async function look(): Promise<void> {
    if (await hasNews()) await enqueue()
  }

  return {
    async start(): Promise<void> {
      end = await incidentWatch.listen(systemActor, () => timer.within(gatherMs))
      timer.within(0)
    },

    stop(): void {
      end?.()
      timer.stop()
    },
  }
}
