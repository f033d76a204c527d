import { setTimeout as sleep } from 'node:timers/promises'
import { backoffMs } from './backoff.ts'

/**
 * Writes what is added in batches: what comes while one statement is under way
 * goes with the next one, so that hundreds of rows a second cost tens of
 * commits.
 */
export type Batcher<T, R> = {
  /** @returns what `write` gave for this item @throws what `write` failed with */
  add(item: T): Promise<R>
  /** Resolves once everything that was added is written. */
  drained(): Promise<void>
}

export type BatcherOptions<T, R> = {
  /** How long items gather before they are written. */
  gatherMs: number
  /** Items of one batch. */
  most: number
  /** A size of an item, and how much of it a batch may hold; a larger item goes alone. */
  sizeOf?: (item: T) => number
  mostSize?: number
  /** Items of one key are written in different batches, in their order. */
  keyOf?: (item: T) => string
  /** How often a batch is tried, with a backoff from half a second: the database may be restarting. 1 unless told. */
  tries?: number
  /** @returns what each item's `add` resolves to, in the order of the items */
  write: (items: T[]) => Promise<R[]>
}

type Entry<T, R> = { item: T; resolve: (result: R) => void; reject: (error: unknown) => void }

export function createBatcher<T, R>(options: BatcherOptions<T, R>): Batcher<T, R> {
  const { gatherMs, most, sizeOf = () => 0, mostSize = Number.POSITIVE_INFINITY, keyOf, tries = 1 } = options
  let waiting: Entry<T, R>[] = []
  let writing: Promise<void> | null = null

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      await sleep(gatherMs)
      await writeOne(nextBatch())
    }
    writing = null
  }

  function nextBatch(): Entry<T, R>[] {
    const batch: Entry<T, R>[] = []
    const later: Entry<T, R>[] = []
    const keys = new Set<string>()
    let size = 0
    for (const entry of waiting) {
      const key = keyOf?.(entry.item)
      const isFull = batch.length >= most || (batch.length > 0 && size + sizeOf(entry.item) > mostSize)
      if (isFull || (key !== undefined && keys.has(key))) {
        later.push(entry)
        continue
      }
      if (key !== undefined) keys.add(key)
      size += sizeOf(entry.item)
      batch.push(entry)
    }
    waiting = later
    return batch
  }

  async function writeOne(batch: Entry<T, R>[]): Promise<void> {
    try {
      const results = await writeWithRetries(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as R)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  async function writeWithRetries(items: T[]): Promise<R[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await options.write(items)
      } catch (error) {
        if (attempt >= tries) throw error
        await sleep(backoffMs(attempt, { baseMs: 500 }))
      }
    }
  }

  return {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        writing ??= writeAll()
      })
    },

    async drained() {
      while (writing) await writing
    },
  }
}
