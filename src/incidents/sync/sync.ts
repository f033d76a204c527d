import type { Log } from '../../log.ts'
import type { Defender } from '../../microsoft/defender/index.ts'
import type { Connections } from '../../platform/database/connections/limit-connections.ts'
import { createSyncEngine, type SyncOptions, syncDefaults } from './engine.ts'
import { createSyncStore } from './store.ts'

/** Keeps the store in step with what Microsoft has, in the background. */
export type Sync = {
  start(): void
  /** Rounds under way may end within `graceMs`; others are given back. */
  stop(graceMs: number): Promise<void>
  /** Has tenants asked at once: they were verified, or somebody waits. */
  wake(tenantIds: readonly string[]): Promise<void>
  /** Removes incidents that were not updated for the days that they are kept. */
  removeExpired(): Promise<void>
}

/** The first run goes back as far; longer, Microsoft's own lists get slow. */
const longestSpanDays = 30
const removedAtOnce = 2_000

export function createSync({
  pool,
  defender,
  log,
  keepDays,
  options = {},
  random = Math.random,
}: {
  pool: Connections
  defender: Pick<Defender, 'syncPage' | 'syncIncident' | 'syncSurface'>
  log: Log
  /** Days that incidents are kept after their last update. */
  keepDays: number
  options?: Partial<SyncOptions>
  random?: () => number
}): Sync {
  const store = createSyncStore(pool)
  const engine = createSyncEngine({
    store,
    defender,
    log,
    options: { ...syncDefaults, ...options },
    spanDays: Math.min(longestSpanDays, keepDays),
    random,
    onUnreadable: (tenantId, count) =>
      log.warn({ tenantId, count }, 'incidents of an answer were left out: they are not as published'),
  })

  return {
    start: engine.start,
    stop: engine.stop,

    async wake(tenantIds) {
      await store.wake(tenantIds)
      engine.look()
    },

    async removeExpired() {
      while ((await store.removeExpired(keepDays, removedAtOnce)) === removedAtOnce);
    },
  }
}
