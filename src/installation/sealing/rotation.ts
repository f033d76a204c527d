import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import type { SealingKey } from '../../platform/sealing/envelope.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { KeyRing } from './key-ring.ts'

/** What became of stored values; the broken ones were changed or moved, and stay as they are. */
export type Resealed = { sealed: number; broken: number }

/** What holds sealed values. */
export type SealedStore = {
  /** Seals all with this key that is sealed otherwise, or not at all. */
  reseal(key: SealingKey, onBatch: (done: number) => void): Promise<Resealed>
  isSealedWith(keyIds: readonly string[]): Promise<boolean>
}

export type KeyRotation = {
  /**
   * Makes a new key and seals everything with it, while other processes read
   * and write. When an earlier rotation was not finished, that one is: no
   * further key is made.
   *
   * @param onProgress hears how many values were sealed so far
   * @throws AppError `forbidden`, `invalid` while nothing is sealed
   */
  rotate(actor: Actor, onProgress?: (done: number) => void): Promise<Rotated>
}

export type Rotated = {
  keyId: string
  /** An unfinished rotation was taken up. */
  isResumed: boolean
  sealed: number
  /** Values that were changed, or moved to another row: they cannot be read. */
  broken: number
  /** Older keys that are gone for good. */
  removed: string[]
}

/** Nobody seals with a key that was replaced so long ago. */
const settledMs = 24 * 3_600_000

export function createKeyRotation({
  ring,
  stores,
  audit,
  isOn,
  now,
}: {
  ring: KeyRing
  stores: readonly SealedStore[]
  audit: Audit
  isOn: boolean
  now: () => Date
}): KeyRotation {
  async function isUsed(ids: readonly string[]): Promise<boolean> {
    for (const store of stores) if (await store.isSealedWith(ids)) return true
    return false
  }

  return {
    async rotate(actor, onProgress = () => {}) {
      requireAct(actor, 'key.manage')
      if (!isOn) {
        throw new AppError('invalid', 'nothing is sealed: TENANTRY_ENCRYPT is "none"', {
          remedy: 'Set TENANTRY_ENCRYPT=results for every process, and rotate then.',
        })
      }
      const current = await ring.current()
      const isResumed = await isUsed(await ring.olderIds())
      const first = isResumed ? current : await ring.add()
      const done = await resealAll(first, onProgress)
      // Only values that nobody can open keep the older key in use: no rotation is unfinished.
      const isRenewedAfter = isResumed && done.sealed === 0
      const key = isRenewedAfter ? await ring.add() : first
      const counts = isRenewedAfter ? await resealAll(key, onProgress) : done
      const removed = await removeSettled()
      const detail = { keyId: key.id, isResumed: isResumed && !isRenewedAfter, ...counts, removed }
      const result = counts.broken > 0 ? ('failed' as const) : ('ok' as const)
      await audit.record({ actor, action: 'sealing-key.rotated', target: key.id, result, detail })
      return detail
    },
  }

  async function resealAll(key: SealingKey, onProgress: (done: number) => void): Promise<Resealed> {
    const sum = { sealed: 0, broken: 0 }
    for (const store of stores) {
      const before = sum.sealed
      const { sealed, broken } = await store.reseal(key, done => onProgress(before + done))
      sum.sealed += sealed
      sum.broken += broken
    }
    return sum
  }

  /** A process that had read the ring before may have sealed with the key before: it stays for a day. */
  async function removeSettled(): Promise<string[]> {
    const settled = await ring.replacedBefore(new Date(now().getTime() - settledMs))
    if (settled.length === 0 || (await isUsed(settled))) return []
    await ring.remove(settled)
    return settled
  }
}
