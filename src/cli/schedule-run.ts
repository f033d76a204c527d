import { setTimeout as sleep } from 'node:timers/promises'
import type { FindingView, RunView } from '../hunting/schedules/model.ts'
import type { Services } from '../services.ts'
import type { Actor } from '../tenants/actor.ts'
import { say } from './output.ts'
import { followHunt } from './progress.ts'

const lookEveryMs = 500

/** A worker takes a run up within a second or two; longer than this means that there may be none. */
const takenUpWithinMs = 15_000

/**
 * Starts a run and waits for its end. The run is the server's work, as only
 * one process may carry a schedule on; this one looks on.
 */
export async function followRun(
  { schedules, hunts }: Pick<Services, 'schedules' | 'hunts'>,
  actor: Actor,
  scheduleId: string,
): Promise<RunView & { findings: FindingView[] }> {
  const { id } = await schedules.startNow(actor, scheduleId)
  const startedAt = Date.now()
  let isWarned = false
  let isFollowed = false
  for (;;) {
    const run = await schedules.run(actor, scheduleId, id)
    if (run.status === 'done' || run.status === 'failed') return run
    if (run.huntId && !isFollowed) {
      isFollowed = true
      await followHunt(hunts, actor, run.huntId)
    }
    if (!run.huntId && !isWarned && Date.now() - startedAt > takenUpWithinMs) {
      isWarned = true
      say('Nobody has taken up the run. Is Tenantry running? It is done then; Ctrl+C stops waiting for it.')
    }
    await sleep(lookEveryMs)
  }
}
