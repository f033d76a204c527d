/** Calls once, at the earliest of the times that were asked for since it last called. */
export type WakeTimer = {
  within(ms: number): void
  /** Calls no more. */
  stop(): void
}

export function createWakeTimer(wake: () => void): WakeTimer {
  let timer: NodeJS.Timeout | undefined
  let wakesAt = Number.POSITIVE_INFINITY
  let isStopped = false

  return {
    within(ms) {
      const at = Date.now() + ms
      if (isStopped || wakesAt <= at) return
      clearTimeout(timer)
      wakesAt = at
      timer = setTimeout(() => {
        wakesAt = Number.POSITIVE_INFINITY
        wake()
      }, ms)
      timer.unref()
    },

    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
