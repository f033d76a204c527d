import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineStore, Settlement } from './store.ts'
import type { Claim, Outcome } from './task.ts'

/**
 * Writes outcomes. What is reported while one statement is under way goes with
 * the next one, so that hundreds of tenants a second cost tens of commits.
 */
export type OutcomeWriter = {
  /** @returns false when the claim was not ours any more, and nothing was written */
  write(claim: Claim, outcome: Outcome): Promise<boolean>
  /** Resolves once little enough waits to be written that more answers may come. */
  room(): Promise<void>
  /** Resolves when all is written. */
  drained(): Promise<void>
}

type Waiting = Settlement & { resolve: (written: boolean) => void; reject: (error: unknown) => void }

const mostPerStatement = 200
const mostBytesPerStatement = 8 * 1024 * 1024

/** Packed answers that wait for the database beyond this hold up new calls. */
const roomBytes = 64 * 1024 * 1024

/** How long outcomes gather before they are written. */
const gatherMs = 15

const tries = 5

/** @param onSettled hears what was written */
export function createWriter(
  store: Pick<EngineStore, 'settle'>,
  worker: string,
  onSettled: (written: Settlement[]) => void,
): OutcomeWriter {
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let busy: Promise<void> | null = null

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      // Nobody holds a place meanwhile, and each commit costs the disk as much as the next.
      await sleep(gatherMs)
      await flush(nextBatch())
    }
    busy = null
  }

  function nextBatch(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { outcome } of waiting) {
      bytes += sizeOf(outcome)
      if (count > 0 && (bytes > mostBytesPerStatement || count >= mostPerStatement)) break
      count++
    }
    const batch = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return batch
  }

  async function flush(batch: Waiting[]): Promise<void> {
    try {
      const lost = new Set((await settle(batch)).map(({ claim }) => claim))
      const written = batch.filter(({ claim }) => !lost.has(claim))
      if (written.length > 0) onSettled(written)
      for (const { claim, resolve } of batch) resolve(!lost.has(claim))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      for (const { outcome } of batch) waitingBytes -= sizeOf(outcome)
    }
  }

  async function settle(batch: Settlement[]): Promise<Settlement[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await store.settle(worker, batch)
      } catch (error) {
        if (attempt >= tries) throw error
        // The database may be restarting; the lease says how long this can go on.
        await sleep(250 * 2 ** attempt)
      }
    }
  }

  return {
    write(claim, outcome) {
      return new Promise((resolve, reject) => {
        waitingBytes += sizeOf(outcome)
        waiting.push({ claim, outcome, resolve, reject })
        busy ??= work()
      })
    },

    async room() {
      while (waitingBytes > roomBytes && busy) await Promise.race([busy, sleep(20)])
    },

    async drained() {
      while (busy) await busy
    },
  }
}

function sizeOf({ chunks }: Outcome): number {
  return chunks.reduce((sum, { data }) => sum + data.length, 0)
}
