import type { Alarm } from './alarm.ts'
import type { Held, HeldClaims } from './held-claims.ts'
import type { EngineLog } from './log.ts'
import type { EngineStore } from './store.ts'
import type { Claim } from './task.ts'

/** Does what a call to a tenant needs beforehand, such as getting a token. */
export type PrepareClaim = (claim: Claim, signal: AbortSignal) => Promise<void>

/** Claims taken ahead and prepared, so that a place that becomes free is filled at once. */
export type ClaimSupply = {
  /** A claim that is ready to be called. */
  take(): Held | undefined
  /** Claims more when little is left for so many free places. */
  refill(freePlaces: number): void
  /** Whether nothing more was due when last asked. */
  isDry(): boolean
  /** Something may be due now. */
  wake(): void
  /** To be called when no more is refilled. @returns what was claimed and not taken */
  rest(): Promise<Held[]>
}

export type SupplyParts = {
  store: Pick<EngineStore, 'claim' | 'nextDueMs'>
  worker: string
  held: HeldClaims
  /** Set for when it is worth to look again. */
  alarm: Alarm
  prepare: PrepareClaim | undefined
  /** Hears when there may be something to take, or to refill. */
  onChange: () => void
  log: EngineLog
  options: { concurrency: number; leaseMs: number; pollMs: number; slowAfterMs: number }
}

export function createClaimSupply(parts: SupplyParts): ClaimSupply {
  const { store, worker, held, alarm, options } = parts
  const ahead = Math.max(4, Math.ceil(options.concurrency / 3))
  const mostPreparing = options.concurrency * 2
  const preparing = new Set<Held>()
  const ready: Held[] = []
  let claiming: Promise<void> | null = null
  let isDry = false
  let isWoken = false

  async function claim(count: number): Promise<void> {
    isWoken = false
    try {
      const claims = await store.claim(worker, count, options.leaseMs)
      for (const one of claims) void prepare(held.add(one))
      // What became due meanwhile may have been missed.
      if (claims.length >= count || isWoken) return
      isDry = true
      const dueMs = (await store.nextDueMs()) ?? options.pollMs
      alarm.within(Math.max(50, Math.min(options.pollMs, dueMs)))
    } catch (error) {
      isDry = true
      alarm.within(1000)
      parts.log.error({ err: error }, 'hunt tasks could not be claimed')
    }
  }

  async function prepare(one: Held): Promise<void> {
    preparing.add(one)
    try {
      await parts.prepare?.(one.claim, one.abort.signal)
    } catch (error) {
      one.failed = error
    }
    preparing.delete(one)
    ready.push(one)
    parts.onChange()
  }

  return {
    take() {
      for (let next = ready.shift(); next; next = ready.shift()) {
        if (!next.abort.signal.aborted) return next
        held.drop(next)
      }
      return undefined
    },

    refill(freePlaces) {
      // Tokens that do not come hold up nobody else's.
      const now = Date.now()
      const young = [...preparing].filter(({ since }) => now - since < options.slowAfterMs).length
      const wanted = freePlaces + ahead - ready.length - young
      if (claiming || isDry || preparing.size > mostPreparing || wanted <= ahead / 2) return
      claiming = claim(wanted).finally(() => {
        claiming = null
        parts.onChange()
      })
    },

    isDry: () => isDry,

    wake() {
      isDry = false
      isWoken = true
    },

    async rest() {
      await claiming
      return [...ready.splice(0), ...preparing]
    },
  }
}
