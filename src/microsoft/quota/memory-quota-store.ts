import { LRUCache } from 'lru-cache'
import type { Rate } from './quota-rates.ts'
import type { QuotaStore } from './quota-store.ts'

/** The buckets of one process; for the command line and for processes without a database. */
export function createMemoryQuotaStore(now: () => number = Date.now, most = 50_000): QuotaStore {
  // The least lately used bucket is most likely full again, which is what a missing one means.
  const buckets = new LRUCache<string, { tokens: number; at: number }>({ max: most })

  function level(rate: Rate, key: string): number {
    const bucket = buckets.get(`${key}|${rate.name}`)
    if (!bucket) return rate.capacity
    return Math.min(
      rate.capacity,
      bucket.tokens + (Math.max(0, now() - bucket.at) / 1000) * rate.tokensPerSecond,
    )
  }

  function put(rate: Rate, key: string, tokens: number): void {
    buckets.set(`${key}|${rate.name}`, { tokens, at: now() })
  }

  return {
    async take(rate, asks) {
      return asks.map(({ key, count }) => {
        const left = Math.min(rate.capacity, level(rate, key) - count)
        put(rate, key, left)
        return left
      })
    },

    async drain(rate, key, seconds) {
      put(rate, key, Math.min(level(rate, key), 1 - seconds * rate.tokensPerSecond))
    },
  }
}
