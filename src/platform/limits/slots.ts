/**
 * Slots for calls. A call that runs long gives its slot to another one and
 * goes on beside, so that slow tenants hold up nobody; up to twice as many as
 * there are slots may do so.
 */
export type Slots = {
  free(): number
  /** @returns gives it back; may be called again */
  take(): () => void
}

/** @param onFree hears of each slot that becomes free */
export function createSlots(
  { concurrency, slowAfterMs }: { concurrency: number; slowAfterMs: number },
  onFree: () => void,
): Slots {
  const mostSlow = concurrency * 2
  let fast = 0
  let slow = 0

  return {
    free: () => concurrency - fast,

    take() {
      let state: 'fast' | 'slow' | 'gone' = 'fast'
      fast++
      const timer = setTimeout(() => {
        if (slow >= mostSlow) return
        state = 'slow'
        fast--
        slow++
        onFree()
      }, slowAfterMs)
      return () => {
        clearTimeout(timer)
        const was = state
        state = 'gone'
        if (was === 'slow') slow--
        if (was !== 'fast') return
        fast--
        onFree()
      }
    },
  }
}
