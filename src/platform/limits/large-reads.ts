import { BoundedMap } from './bounded-map.ts'

type Kept<T> = { value: T; readAt: number; costMs: number; isUsed: boolean }

/** What took 0.3 s is kept for 30 s: then reading it takes a hundredth of the time at most. */
const keptFactor = 100

export type LargeReads<T> = {
  /**
   * @param read called when nothing is kept, and behind the caller's back when that grows old
   * @throws what `read` throws, when nothing is kept
   */
  get(key: string, read: () => Promise<T>): Promise<T>
}

/**
 * Keeps the answers of reads over many rows, each for a time that grows with
 * what it took and never more than `longestMs`; others are read anew each time.
 * Readers of what is kept share one read when it grows old.
 *
 * @param limit answers kept
 * @param isLarge whether an answer tells of so many rows that it is kept
 * @param options `now` in milliseconds; `longestMs` a minute unless told
 */
export function createLargeReads<T>(
  limit: number,
  isLarge: (value: T) => boolean,
  { now = () => performance.now(), longestMs = 60_000 }: { now?: () => number; longestMs?: number } = {},
): LargeReads<T> {
  const kept = new BoundedMap<string, Kept<T>>(limit)
  const underWay = new Map<string, Promise<T>>()

  function readAnew(key: string, read: () => Promise<T>): Promise<T> {
    const known = underWay.get(key)
    // What is small is for somebody who may just have changed it: a read that began before does not do.
    if (known && kept.peek(key)) return known
    const startedAt = now()
    const reading = read()
      .then(value => {
        const costMs = now() - startedAt
        if (isLarge(value)) kept.set(key, { value, readAt: startedAt, costMs, isUsed: false })
        else kept.delete(key)
        return value
      })
      .finally(() => {
        if (underWay.get(key) === reading) underWay.delete(key)
      })
    underWay.set(key, reading)
    return reading
  }

  return {
    async get(key, read) {
      const found = kept.get(key)
      if (!found) return readAnew(key, read)
      const age = now() - found.readAt
      if (age > longestMs) return readAnew(key, read)
      if (age > Math.min(found.costMs * keptFactor, longestMs / 2)) readAnew(key, read).catch(() => {})
      return found.value
    },
  }
}
