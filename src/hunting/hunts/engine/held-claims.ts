import type { EngineLog } from './log.ts'
import type { EngineStore } from './store.ts'
import { type Claim, claimKey } from './task.ts'

/** A claim of this process: being prepared, ready, called, or being written. */
export type Held = {
  claim: Claim
  abort: AbortController
  since: number
  /** What preparing it failed with; the call then fails with it, too. */
  failed: unknown
}

/** Why a claim is given up. */
export const gaveUp = {
  canceled: 'the hunt was canceled',
  lost: 'the claim was lost',
  stopping: 'the process stops',
}

/** The claims of this process, whose leases it prolongs, and which others may take away. */
export type HeldClaims = {
  add(claim: Claim): Held
  drop(one: Held): void
  all(): Held[]
  cancel(huntId: string): void
  /** Prolongs leases in time, and finds claims that were lost or canceled without a notice. */
  watch(): Promise<void>
}

export function createHeldClaims({
  store,
  worker,
  leaseMs,
  log,
}: {
  store: Pick<EngineStore, 'renew' | 'held'>
  worker: string
  leaseMs: number
  log: EngineLog
}): HeldClaims {
  const held = new Map<string, Held>()
  const suspects = new WeakSet<Held>()
  let renewedAt = Date.now()

  async function stillOurs(): Promise<Set<string>> {
    if (Date.now() - renewedAt <= leaseMs / 3) return store.held(worker)
    renewedAt = Date.now()
    return store.renew(worker, leaseMs)
  }

  return {
    add(claim) {
      const one = { claim, abort: new AbortController(), since: Date.now(), failed: null }
      held.set(claimKey(claim), one)
      return one
    },

    drop: ({ claim }) => void held.delete(claimKey(claim)),
    all: () => [...held.values()],

    cancel(huntId) {
      for (const { claim, abort } of held.values()) if (claim.huntId === huntId) abort.abort(gaveUp.canceled)
    },

    async watch() {
      if (held.size === 0) return
      try {
        const ours = await stillOurs()
        for (const [key, one] of held) {
          if (ours.has(key)) continue
          // Claimed or settled while the statement ran looks the same as lost; the next round tells.
          if (suspects.has(one)) one.abort.abort(gaveUp.lost)
          suspects.add(one)
        }
      } catch (error) {
        log.warn({ err: error }, 'claims of hunt tasks could not be looked at')
      }
    },
  }
}
