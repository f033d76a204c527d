/**
 * Places for calls. A call that runs long gives its place to another tenant
 * and goes on beside, so that slow tenants hold up nobody; up to twice as many
 * as there are places may do so.
 */
export type Places = {
  free(): number
  /** @returns gives it back; may be called again */
  take(): () => void
}

/** @param onFree hears of each place that becomes free */
export function createPlaces(
  { concurrency, slowAfterMs }: { concurrency: number; slowAfterMs: number },
  onFree: () => void,
): Places {
  const mostSlow = concurrency * 2
  let fast = 0
  let slow = 0

  return {
    free: () => concurrency - fast,

    take() {
      let standing: 'fast' | 'slow' | 'gone' = 'fast'
      fast++
      const timer = setTimeout(() => {
        if (slow >= mostSlow) return
        standing = 'slow'
        fast--
        slow++
        onFree()
      }, slowAfterMs)
      return () => {
        clearTimeout(timer)
        const was = standing
        standing = 'gone'
        if (was === 'slow') slow--
        if (was !== 'fast') return
        fast--
        onFree()
      }
    },
  }
}
