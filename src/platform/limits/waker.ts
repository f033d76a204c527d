/** Waits that a wake-up, the time or the signal ends. */
export type Waker = {
  wake(): void
  /** Waits for so long in any case; a wake-up meanwhile counts for the `wait` that follows. */
  pause(ms: number): Promise<void>
  /** Waits for a wake-up, at most so long; not at all when one came since the last `wait`. */
  wait(ms?: number): Promise<void>
}

export function createWaker(signal: AbortSignal): Waker {
  let isWoken = false
  let end = (): void => {}

  function rest(ms: number | undefined): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = ms === undefined ? undefined : setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
      end = done
    })
  }

  return {
    wake() {
      isWoken = true
      end()
    },

    async pause(ms) {
      const resting = rest(ms)
      end = () => {}
      await resting
    },

    async wait(ms) {
      if (!isWoken) await rest(ms)
      end = () => {}
      isWoken = false
    },
  }
}
