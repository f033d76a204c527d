import { LRUCache } from 'lru-cache'
import type { Take } from './quota-batch.ts'
import type { Rate } from './quota-rates.ts'

/** A lease is void after this: tokens that nobody used are lost, which errs on the side of too few calls. */
const leaseMs = 2000
const largestLease = 5
const mostLeases = 10_000

type Lease = { tokens: number; level: number; until: number }

export type Leases = {
  /** Reserves one token. @returns milliseconds until it may be used */
  reserve(rate: Rate, key: string): Promise<number>
  /** Gives a reserved token back. */
  giveBack(rate: Rate, key: string): Promise<void>
  /** Forgets what was taken ahead. */
  drop(rate: Rate, key: string): void
}

/**
 * Takes a few tokens ahead while a bucket is well filled and in use, so that a
 * run of calls to one tenant does not ask the database each time. A bucket
 * that runs low is asked token by token: there the order over all processes
 * matters.
 */
export function createLeases(take: Take, now: () => number): Leases {
  const leases = new LRUCache<string, Lease>({ max: mostLeases })

  function current(id: string): Lease | undefined {
    const lease = leases.get(id)
    return lease && lease.until > now() ? lease : undefined
  }

  return {
    async reserve(rate, key) {
      const id = `${rate.name} ${key}`
      const lease = current(id)
      if (lease && lease.tokens > 0) {
        lease.tokens -= 1
        return 0
      }

      const count = lease ? Math.max(1, Math.min(largestLease, Math.floor(lease.level / 4))) : 1
      let left = await take(rate, key, count)
      const ahead = left >= 0 ? count - 1 : 0
      if (left < 0 && count > 1) left = await take(rate, key, 1 - count)
      leases.set(id, { tokens: (current(id)?.tokens ?? 0) + ahead, level: left, until: now() + leaseMs })
      return left >= 0 ? 0 : Math.ceil((-left / rate.tokensPerSecond) * 1000)
    },

    async giveBack(rate, key) {
      await take(rate, key, -1)
    },

    drop(rate, key) {
      leases.delete(`${rate.name} ${key}`)
    },
  }
}
