/** Milliseconds until a page is sent without what takes long, and until the part that waits for it is. */
export const patience = { page: 3_000, part: 20_000 }

/** What the work gives, or null when it takes longer than that; the work goes on. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>(resolve => {
    timer = setTimeout(resolve, ms, null)
  })
  // Nobody hears of a failure after the time is over: whoever asks again does.
  work.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
