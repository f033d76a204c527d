import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineLog } from './log.ts'
import type { EngineStore, Settlement } from './store.ts'

/** Hunts change with each batch of outcomes; who watches needs no more than a few notices a second. */
const gatherMs = 50

/** Ends hunts whose last tenant was settled, and tells whoever watches what changed. */
export type Announcer = {
  announce(written: Settlement[]): void
  /** Resolves when all is told. */
  drained(): Promise<void>
}

export function createAnnouncer(
  store: Pick<EngineStore, 'finish' | 'notifyChanged'>,
  log: EngineLog,
): Announcer {
  /** Hunts, and whether a tenant of theirs was done. */
  let changed = new Map<string, boolean>()
  let telling: Promise<void> | null = null

  async function tell(): Promise<void> {
    await sleep(gatherMs)
    const news = changed
    changed = new Map()
    telling = null
    const huntIds = [...news.keys()]
    const perhapsOver = huntIds.filter(id => news.get(id))
    try {
      if (perhapsOver.length > 0) await store.finish(perhapsOver)
      await store.notifyChanged(huntIds)
    } catch (error) {
      // Looking now and then finds out, too.
      log.warn({ err: error }, 'hunts that changed were not announced')
    }
  }

  return {
    announce(written) {
      for (const { claim, outcome } of written) {
        const isDone = outcome.status === 'succeeded' || outcome.status === 'failed'
        changed.set(claim.huntId, (changed.get(claim.huntId) ?? false) || isDone)
      }
      telling ??= tell()
    },

    async drained() {
      await telling
    },
  }
}
