/**
 * A small seeded generator (sfc32): everything the simulator invents comes out the same for the same seed.
 * Not for secrets.
 */
export type Random = {
  /** a number in [0, 1) */
  next(): number
  /** an integer between both bounds, both included */
  int(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** lower-case hexadecimal digits, 64 at the most */
  hex(length: number): string
  /** a version 4 GUID */
  guid(): string
}

/** At most 64 hexadecimal digits are ever asked for at once. */
const scratch = Buffer.alloc(32)

/** Mixes names and numbers into one 32-bit seed (FNV-1a with a final avalanche). */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const part of parts) {
    const text = `${part}\u0000`
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** @param seed any 32-bit number, usually from {@link seedOf} */
export function makeRandom(seed: number): Random {
  let a = seed | 0
  let b = 0x9e3779b9 | 0
  let c = 0x243f6a88 | 0
  let counter = 1

  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  // The first numbers still resemble the seed: throw them away.
  for (let round = 0; round < 12; round++) next32()

  const next = () => next32() / 4294967296
  const hex = (length: number): string => {
    const bytes = (length + 1) >> 1
    for (let at = 0; at < bytes; at += 4) scratch.writeUInt32BE(next32(), at)
    return scratch.toString('hex', 0, bytes).slice(0, length)
  }

  return {
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: probability => next() < probability,
    pick<T>(list: readonly T[]): T {
      const item = list[Math.floor(next() * list.length)]
      if (item === undefined) throw new RangeError('nothing to pick from an empty list')
      return item
    },
    hex,
    guid() {
      const digits = hex(32)
      const variant = '89ab'.charAt(Number.parseInt(digits.charAt(16), 16) & 3)
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`
    },
  }
}
