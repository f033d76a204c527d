/** Lets at most `limit` tasks run at once; the rest wait in order. */
export function createGate(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0

  return async task => {
    if (running >= limit) {
      // The place is handed over, so `running` stays as it is.
      await new Promise<void>(resolve => waiting.push(resolve))
    } else {
      running++
    }

    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
