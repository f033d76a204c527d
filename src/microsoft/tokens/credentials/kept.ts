/**
 * A value read from elsewhere and kept for a while. Readers share one read,
 * and while it can be read no more the last good value stays.
 */
export type Kept<T> = {
  get(): Promise<T>
  /** Reads now. */
  renew(): Promise<T>
}

export function keep<T>(options: { read: () => Promise<T>; maxAgeMs: number; now: () => Date }): Kept<T> {
  const { read, maxAgeMs, now } = options
  let last: { value: T; at: number } | null = null
  let reading: Promise<T> | null = null

  function renew(): Promise<T> {
    reading ??= read()
      .then(value => {
        last = { value, at: now().getTime() }
        return value
      })
      .finally(() => {
        reading = null
      })
    return reading
  }

  return {
    renew,
    async get() {
      if (last && now().getTime() - last.at < maxAgeMs) return last.value
      try {
        return await renew()
      } catch (error) {
        if (last) {
          // Asked again after the same time: a vault that is away is not asked for each token.
          last.at = now().getTime()
          return last.value
        }
        throw error
      }
    },
  }
}
