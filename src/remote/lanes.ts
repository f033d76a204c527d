/**
 * Lets at most a few calls of one key run at once; the rest wait in the order
 * they came. Keys that nobody uses hold no memory.
 */
export type Lanes = {
  /**
   * @returns a function that frees the place again
   * @throws whatever `signal` was aborted with
   */
  enter(key: string, signal: AbortSignal): Promise<() => void>
}

type Lane = { running: number; waiting: Set<() => void> }

export function createLanes(width: number): Lanes {
  const lanes = new Map<string, Lane>()

  function leave(key: string, lane: Lane): void {
    const next = lane.waiting.values().next().value
    if (next) {
      lane.waiting.delete(next)
      next()
      return
    }
    lane.running -= 1
    if (lane.running === 0) lanes.delete(key)
  }

  return {
    async enter(key, signal) {
      signal.throwIfAborted()
      const lane = lanes.get(key) ?? { running: 0, waiting: new Set() }
      lanes.set(key, lane)
      if (lane.running < width) lane.running += 1
      else await turn(lane, signal)

      let left = false
      return () => {
        if (left) return
        left = true
        leave(key, lane)
      }
    },
  }
}

function turn(lane: Lane, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      signal.removeEventListener('abort', give)
      resolve()
    }
    const give = () => {
      lane.waiting.delete(go)
      reject(signal.reason)
    }
    lane.waiting.add(go)
    signal.addEventListener('abort', give, { once: true })
  })
}
