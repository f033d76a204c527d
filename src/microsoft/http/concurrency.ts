import { createSemaphore, type Semaphore } from '../../platform/limits/semaphore.ts'

/** Lets at most a few calls of one key run at once. Keys that nobody uses hold no memory. */
export type Concurrency = {
  /**
   * @returns a function that frees the place again
   * @throws whatever `signal` was aborted with
   */
  enter(key: string, signal: AbortSignal): Promise<() => void>
}

export function createConcurrency(width: number): Concurrency {
  const concurrency = new Map<string, Semaphore>()

  return {
    async enter(key, signal) {
      signal.throwIfAborted()
      const slots = concurrency.get(key) ?? createSemaphore(width)
      concurrency.set(key, slots)
      const leave = await slots.enter(signal)
      return () => {
        leave()
        if (slots.isIdle() && concurrency.get(key) === slots) concurrency.delete(key)
      }
    },
  }
}
