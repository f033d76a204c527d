/**
 * Runs work with a signal that the caller's signal or the deadline aborts.
 *
 * As `AbortSignal.any` with `AbortSignal.timeout` would, but the timer ends
 * with the work: thousands of calls a second, each with a deadline of minutes,
 * would leave as many timers behind.
 *
 * @param late message of the `TimeoutError` that the work is aborted with
 */
export async function withDeadline<T>(
  { signal, timeoutMs, late }: { signal: AbortSignal | undefined; timeoutMs: number; late: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const stop = () => deadline.abort(signal?.reason)
  const timer = setTimeout(() => deadline.abort(new DOMException(late, 'TimeoutError')), timeoutMs)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await work(deadline.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** What the work gives, or null when it takes longer than that; the work goes on, and its failure is nobody's any more. */
export async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>(resolve => {
    timer = setTimeout(resolve, timeoutMs, null)
    timer.unref()
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
