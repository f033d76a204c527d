import type { Rate } from './quota-rates.ts'
import type { QuotaStore } from './quota-store.ts'

const mostPerStatement = 200

type Waiting = {
  key: string
  count: number
  resolve: (left: number) => void
  reject: (reason: unknown) => void
}

/** Takes `count` tokens from one bucket; resolves to what is left, below zero meaning that a wait is due. */
export type Take = (rate: Rate, key: string, count: number) => Promise<number>

/**
 * Gathers what is asked while a statement is under way into the next one, so
 * that a sweep over thousands of tenants costs a statement per hundreds of
 * calls rather than one per call.
 */
export function batchTakes(store: QuotaStore): Take {
  const lines = new Map<string, { waiting: Waiting[]; busy: boolean }>()

  async function work(rate: Rate, line: { waiting: Waiting[]; busy: boolean }): Promise<void> {
    line.busy = true
    // What is asked in the same turn of the event loop travels together.
    await Promise.resolve()
    while (line.waiting.length > 0) {
      const batch = line.waiting.splice(0, mostPerStatement)
      await settle(store, rate, batch)
    }
    line.busy = false
  }

  return (rate, key, count) =>
    new Promise((resolve, reject) => {
      let line = lines.get(rate.name)
      if (!line) {
        line = { waiting: [], busy: false }
        lines.set(rate.name, line)
      }
      line.waiting.push({ key, count, resolve, reject })
      if (!line.busy) void work(rate, line)
    })
}

async function settle(store: QuotaStore, rate: Rate, batch: Waiting[]): Promise<void> {
  const byKey = Map.groupBy(batch, waiting => waiting.key)
  const asks = [...byKey].map(([key, group]) => ({ key, count: sum(group) }))
  try {
    const left = await store.take(rate, asks)
    asks.forEach(({ key }, index) => {
      // All of one key were taken at once: whoever came first sees the bucket as it was before the later ones.
      let remaining = left[index] ?? 0
      for (const waiting of (byKey.get(key) ?? []).toReversed()) {
        waiting.resolve(remaining)
        remaining += waiting.count
      }
    })
  } catch (error) {
    for (const waiting of batch) waiting.reject(error)
  }
}

function sum(group: Waiting[]): number {
  return group.reduce((total, waiting) => total + waiting.count, 0)
}
