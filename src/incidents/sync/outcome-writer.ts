import { createBatcher } from '../../platform/limits/batcher.ts'
import type { RoundOutcome } from './round.ts'
import type { SyncStore } from './store.ts'

export type OutcomeWriter = {
  /** @throws what the database failed with for as long as it was tried */
  write(tenantId: string, outcome: RoundOutcome): Promise<void>
}

/** Writes outcomes of rounds, those that end together in one statement: idle tenants come by the hundred. */
export function createOutcomeWriter(store: Pick<SyncStore, 'settle'>, worker: string): OutcomeWriter {
  const batcher = createBatcher<{ tenantId: string; outcome: RoundOutcome }, void>({
    gatherMs: 15,
    most: 500,
    tries: 5,
    async write(batch) {
      await store.settle(worker, batch)
      return []
    },
  })
  return { write: (tenantId, outcome) => batcher.add({ tenantId, outcome }) }
}
