import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { RemoteError, type RemoteService } from '../../errors.ts'
import { namedFailure } from '../failures/named-failure.ts'
import type { QuotaName } from '../http/types.ts'
import { batchTakes } from './quota-batch.ts'
import { createLeases } from './quota-leases.ts'
import { backgroundRatesOf, type Rate, ratesOf } from './quota-rates.ts'
import type { QuotaStore } from './quota-store.ts'

export type QuotaKey = {
  tenantId: string
  name: QuotaName
  /** Nobody waits for the call: a quarter of the rate is left to others. Default false. */
  isBackground?: boolean
}

/** Microsoft's published rates, kept per tenant across all processes that share the store. */
export type Quotas = {
  /**
   * Waits for the turn of one call.
   *
   * @param longestWaitMs gives up at once when the turn is further away; default as the quotas were made
   * @throws RemoteError `quota_exhausted` with the seconds to wait; whatever `signal` was aborted with
   */
  take(key: QuotaKey, signal?: AbortSignal, longestWaitMs?: number): Promise<void>
  /** After a 429: nobody calls again until the service wants to be asked. */
  penalize(key: QuotaKey, seconds: number): Promise<void>
}

export type QuotaOptions = {
  store: QuotaStore
  /** Part of the hunting rate used here, 0 to 1; the rest is the customer's own. */
  huntingShare?: number
  longestWaitMs?: number
  now?: () => number
}

const mostPauses = 10_000

export function createQuotas({
  store,
  huntingShare = 0.6,
  longestWaitMs = 120_000,
  now = Date.now,
}: QuotaOptions): Quotas {
  const leases = createLeases(batchTakes(store), now)
  const rates = new Map<QuotaName, Rate[]>()
  // Callers that already hold their turn when a 429 arrives learn of the pause here.
  const pauses = new LRUCache<string, number>({ max: mostPauses })

  function ratesFor(name: QuotaName): Rate[] {
    if (name === 'none') return []
    const known = rates.get(name) ?? ratesOf(name, huntingShare)
    rates.set(name, known)
    return known
  }

  function pauseMs(key: QuotaKey): number {
    return pauses.size === 0 ? 0 : (pauses.get(pauseKey(key)) ?? 0) - now()
  }

  return {
    async take(key, signal, longest = longestWaitMs) {
      const whole = ratesFor(key.name)
      const buckets = key.isBackground ? [...whole, ...backgroundRatesOf(whole)] : whole
      if (buckets.length === 0) return
      const giveBack = () => Promise.all(buckets.map(rate => leases.giveBack(rate, key.tenantId)))

      const turns = await Promise.all(buckets.map(rate => leases.reserve(rate, key.tenantId)))
      const end = now() + longest
      let waitMs = Math.max(0, pauseMs(key), ...turns)
      while (waitMs > 0) {
        if (now() + waitMs > end) {
          await giveBack()
          throw exhausted(key, waitMs)
        }
        try {
          await sleep(waitMs, undefined, { signal })
        } catch (error) {
          await giveBack()
          throw signal?.reason ?? error
        }
        waitMs = Math.max(0, pauseMs(key))
      }
    },

    async penalize(key, seconds) {
      const [first] = ratesFor(key.name)
      if (!first || seconds <= 0) return
      leases.drop(first, key.tenantId)
      pauses.set(pauseKey(key), now() + seconds * 1000)
      await store.drain(first, key.tenantId, seconds)
    },
  }
}

function exhausted({ name }: QuotaKey, waitMs: number): RemoteError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  return new RemoteError(
    namedFailure('quota_exhausted', {
      service: serviceOf(name),
      message: `The call would have had to wait ${retryAfterSeconds} s for its turn within the rate of this tenant.`,
      serviceCode: name,
      retryAfterSeconds,
    }),
  )
}

function serviceOf(name: QuotaName): RemoteService {
  if (name.startsWith('graph')) return 'graph'
  if (name.startsWith('defender')) return 'defender'
  return name.startsWith('endpoint') ? 'endpoint' : 'entra'
}

function pauseKey({ tenantId, name }: QuotaKey): string {
  return `${name} ${tenantId}`
}
