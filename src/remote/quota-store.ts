import type { Rate } from './quota-rates.ts'

export type Ask = {
  key: string
  /** Tokens to take; negative gives tokens back. */
  count: number
}

/**
 * Where the buckets stand. Taking never fails: a bucket goes below zero, which
 * reserves a turn, and the depth says how long to wait for it.
 */
export type QuotaStore = {
  /**
   * Takes tokens from several buckets of one rate; no key twice.
   *
   * @returns tokens left in each bucket, in the order asked; below zero: that many must refill first
   */
  take(rate: Rate, asks: Ask[]): Promise<number[]>
  /** Empties a bucket so that one token is there again in `seconds`; a bucket that is emptier stays so. */
  drain(rate: Rate, key: string, seconds: number): Promise<void>
}

/** The buckets of one process; for the command line and for processes without a database. */
export function createMemoryQuotaStore(now: () => number = Date.now, most = 50_000): QuotaStore {
  const buckets = new Map<string, { tokens: number; at: number }>()

  function level(rate: Rate, key: string): number {
    const bucket = buckets.get(`${key}|${rate.name}`)
    if (!bucket) return rate.capacity
    return Math.min(
      rate.capacity,
      bucket.tokens + (Math.max(0, now() - bucket.at) / 1000) * rate.tokensPerSecond,
    )
  }

  function put(rate: Rate, key: string, tokens: number): void {
    const name = `${key}|${rate.name}`
    buckets.delete(name)
    buckets.set(name, { tokens, at: now() })
    // The least lately used bucket is most likely full again, which is what a missing one means.
    if (buckets.size > most) buckets.delete(buckets.keys().next().value ?? '')
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
