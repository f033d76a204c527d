/**
 * Seats for answers beyond a megabyte. One takes several times its size while
 * it is read and packed (50 MB on the wire: about 200 MB), so only a few are
 * in memory at once; the others wait unread, on the other side of their
 * connection.
 */
export type LargeAnswers = {
  /** Waits for a seat. @returns gives it back @throws what the signal was aborted with */
  enter(signal: AbortSignal): Promise<() => void>
  /** Whether so many wait that no more calls should be begun. */
  isCrowded(): boolean
}

const seats = 4

/**
 * @param mostWaiting more than these make a crowd
 * @param onLess hears when fewer wait or sit
 */
export function createLargeAnswers(mostWaiting: number, onLess: () => void): LargeAnswers {
  const waiting = new Set<() => void>()
  let taken = 0

  function sit(): () => void {
    taken++
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      taken--
      const [next] = waiting
      next?.()
      onLess()
    }
  }

  return {
    async enter(signal) {
      if (taken < seats && waiting.size === 0) return sit()
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(called)
          signal.removeEventListener('abort', giveUp)
        }
        const called = (): void => {
          leave()
          resolve(sit())
        }
        const giveUp = (): void => {
          leave()
          reject(signal.reason)
        }
        waiting.add(called)
        signal.addEventListener('abort', giveUp)
        if (signal.aborted) giveUp()
      })
    },

    isCrowded: () => waiting.size > mostWaiting,
  }
}
