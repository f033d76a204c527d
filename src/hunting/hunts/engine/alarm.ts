/** Rings once, at the earliest of the times that were asked for since it last rang. */
export type Alarm = {
  within(ms: number): void
  /** Rings no more. */
  stop(): void
}

export function createAlarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined
  let ringsAt = Number.POSITIVE_INFINITY
  let isStopped = false

  return {
    within(ms) {
      const at = Date.now() + ms
      if (isStopped || ringsAt <= at) return
      clearTimeout(timer)
      ringsAt = at
      timer = setTimeout(() => {
        ringsAt = Number.POSITIVE_INFINITY
        ring()
      }, ms)
      timer.unref()
    },

    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
