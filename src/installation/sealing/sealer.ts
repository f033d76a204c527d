import { keyIdOf, type SealedPlace, type SealingKey, seal, unseal } from '../../platform/sealing/envelope.ts'
import type { KeyRing } from './key-ring.ts'

/** Seals values before they are stored, and opens those that are read. */
export type Sealer = {
  /** The key that seals now; null while values are stored as they are. */
  current(): Promise<SealingKey | null>
  /** @param key from `current` */
  seal(key: SealingKey | null, place: SealedPlace, plain: Buffer): Buffer
  /** A value as it was stored: sealed by whichever key, or not sealed. @throws SealBroken, AppError `settings` */
  open(place: SealedPlace, stored: Buffer): Promise<Buffer>
}

/** @param isOn whether new values are sealed; what is sealed is opened either way */
export function createSealer(ring: KeyRing, isOn: boolean): Sealer {
  return {
    async current() {
      return isOn ? ring.current() : null
    },
    seal: (key, place, plain) => (key ? seal(key, place, plain) : plain),
    async open(place, stored) {
      const id = keyIdOf(stored)
      return id === null ? stored : unseal(await ring.byId(id), place, stored)
    },
  }
}

/** Stores everything as it is, and opens nothing; for parts that are tried alone. */
export const noSealer: Sealer = {
  current: async () => null,
  seal: (_key, _place, plain) => plain,
  open: async (_place, stored) => stored,
}
