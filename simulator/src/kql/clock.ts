import { KqlError } from './error.ts'

const TICKS_BETWEEN_LOOKS = 512

/** A function to be called for each unit of work; it throws KqlError `timeout` once the time is over. */
export function deadline(limitMs: number): () => void {
  const end = performance.now() + limitMs
  let ticks = 0
  return () => {
    if (++ticks < TICKS_BETWEEN_LOOKS) return
    ticks = 0
    if (performance.now() > end) throw new KqlError('timeout', 'Query exceeded the timeout period.')
  }
}
