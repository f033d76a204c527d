/**
 * Lets at most `limit` holders in at once; the rest wait in the order they
 * came. Who waits can give up by a signal, which is why this is not `p-limit`.
 */
export type Semaphore = {
  /** Waits for its turn. @returns lets the next one in; may be called again @throws what the signal was aborted with */
  enter(signal?: AbortSignal): Promise<() => void>
  /** Runs the task in its turn; at once, within this very call, when there is room. */
  run<T>(task: () => Promise<T>): Promise<T>
  waiting(): number
  /** Whether nobody holds it or waits. */
  isIdle(): boolean
}

/** @param onLeave hears of each holder that left, once its place is given on */
export function createSemaphore(limit: number, onLeave: () => void = () => {}): Semaphore {
  const waiting = new Set<() => void>()
  let holders = 0

  function hold(): () => void {
    holders++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      holders--
      const [next] = waiting
      next?.()
      onLeave()
    }
  }

  async function enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (holders < limit) return hold()
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        waiting.delete(enterNow)
        signal?.removeEventListener('abort', giveUp)
      }
      const enterNow = (): void => {
        stopWaiting()
        resolve(hold())
      }
      const giveUp = (): void => {
        stopWaiting()
        reject(signal?.reason)
      }
      waiting.add(enterNow)
      signal?.addEventListener('abort', giveUp)
    })
  }

  return {
    enter,

    async run(task) {
      const leave = holders < limit ? hold() : await enter()
      try {
        return await task()
      } finally {
        leave()
      }
    },

    waiting: () => waiting.size,
    isIdle: () => holders === 0 && waiting.size === 0,
  }
}
