import { createSemaphore, type Semaphore } from '../../platform/limits/semaphore.ts'

/** Lets at most a few calls of one key run at once. Keys that nobody uses hold no memory. */
export type Lanes = {
  /**
   * @returns a function that frees the place again
   * @throws whatever `signal` was aborted with
   */
  enter(key: string, signal: AbortSignal): Promise<() => void>
}

export function createLanes(width: number): Lanes {
  const lanes = new Map<string, Semaphore>()

  return {
    async enter(key, signal) {
      signal.throwIfAborted()
      const lane = lanes.get(key) ?? createSemaphore(width)
      lanes.set(key, lane)
      const leave = await lane.enter(signal)
      return () => {
        leave()
        if (lane.isIdle() && lanes.get(key) === lane) lanes.delete(key)
      }
    },
  }
}
