/**
 * Exponential backoff: `baseMs` after the first attempt, twice as long after
 * each further one, at most `ceilingMs`. Callers spread it by their own jitter.
 *
 * @param attempt made so far, from 1
 */
export function backoffMs(
  attempt: number,
  { baseMs, ceilingMs = Number.POSITIVE_INFINITY }: { baseMs: number; ceilingMs?: number },
): number {
  return Math.min(ceilingMs, baseMs * 2 ** (attempt - 1))
}
