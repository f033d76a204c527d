import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { createBatcher } from '../../platform/limits/batcher.ts'
import type { EngineStore } from './store.ts'
import type { ClaimedTask, Outcome, TaskOutcome } from './task.ts'

/**
 * Writes outcomes, those that come together in one statement, ends the hunts that are
 * complete by them, and notifies whoever watches.
 */
export type OutcomeWriter = {
  /** @returns false when the lease was lost, and nothing was written */
  write(task: ClaimedTask, outcome: Outcome): Promise<boolean>
  /** Resolves once little enough waits to be written that more answers may come. */
  room(): Promise<void>
  /** Resolves when all is written, and every notice sent. */
  drained(): Promise<void>
}

/** Packed answers that wait for the database beyond this hold up new calls. */
const roomBytes = 64 * 1024 * 1024

export function createOutcomeWriter(
  store: Pick<EngineStore, 'settle' | 'finish' | 'notifyChanged'>,
  worker: string,
  log: Log,
): OutcomeWriter {
  const notifier = createChangeNotifier(store, log)
  let waitingBytes = 0

  const batcher = createBatcher<TaskOutcome, boolean>({
    // Nobody holds a slot meanwhile, and each commit costs the disk as much as the next.
    gatherMs: 15,
    most: 200,
    sizeOf: ({ outcome }) => bytesOf(outcome),
    mostSize: 8 * 1024 * 1024,
    // The lease says how long this can go on.
    tries: 5,
    async write(batch) {
      const lost = new Set((await store.settle(worker, batch)).map(({ task }) => task))
      const written = batch.filter(({ task }) => !lost.has(task))
      if (written.length > 0) notifier.notify(written)
      return batch.map(({ task }) => !lost.has(task))
    },
  })

  return {
    async write(task, outcome) {
      const bytes = bytesOf(outcome)
      waitingBytes += bytes
      try {
        return await batcher.add({ task, outcome })
      } finally {
        waitingBytes -= bytes
      }
    },

    async room() {
      while (waitingBytes > roomBytes) await sleep(20)
    },

    async drained() {
      await batcher.drained()
      await notifier.drained()
    },
  }
}

function bytesOf({ chunks }: Outcome): number {
  return chunks.reduce((sum, { data }) => sum + data.length, 0)
}

/** Hunts change with each batch of outcomes; who watches needs no more than a few notices a second. */
const gatherMs = 50

/** Ends hunts whose last tenant was settled, and notifies whoever watches of what changed. */
type ChangeNotifier = {
  notify(written: TaskOutcome[]): void
  /** Resolves when every notice is sent. */
  drained(): Promise<void>
}

function createChangeNotifier(
  store: Pick<EngineStore, 'finish' | 'notifyChanged'>,
  log: Log,
): ChangeNotifier {
  /** Hunts, and whether a tenant of theirs was done. */
  let changed = new Map<string, boolean>()
  let sending: Promise<void> | null = null

  async function send(): Promise<void> {
    await sleep(gatherMs)
    const batch = changed
    changed = new Map()
    sending = null
    const huntIds = [...batch.keys()]
    const perhapsFinished = huntIds.filter(id => batch.get(id))
    try {
      if (perhapsFinished.length > 0) await store.finish(perhapsFinished)
      await store.notifyChanged(huntIds)
    } catch (error) {
      // Looking now and then finds out, too.
      log.warn({ err: error }, 'notices of changed hunts were not sent')
    }
  }

  return {
    notify(written) {
      for (const { task, outcome } of written) {
        const isDone = outcome.status === 'succeeded' || outcome.status === 'failed'
        changed.set(task.huntId, (changed.get(task.huntId) ?? false) || isDone)
      }
      sending ??= send()
    },

    async drained() {
      await sending
    },
  }
}
