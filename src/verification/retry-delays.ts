/** Time after a consent in which an answer that falls short may still come right by itself. */
export const windowMs = 15 * 60_000

const delaysSeconds = [5, 10, 20, 40, 60]

/**
 * Seconds until the next try, with a fifth of jitter so that a hundred
 * customers who approve at nine o'clock do not come back in step.
 *
 * @param attempts tries so far, from 1
 * @param wanted what the service asked for, if it did
 */
export function retryDelaySeconds(attempts: number, wanted: number | null, random: () => number): number {
  const base = delaysSeconds[Math.min(attempts, delaysSeconds.length) - 1] ?? 60
  const jittered = base * (0.8 + 0.4 * random())
  return Math.ceil(Math.max(jittered, wanted ?? 0))
}

const dayMs = 24 * 3_600_000

/**
 * When to look at a tenant next: daily, spread by two hours either way; every
 * quarter of an hour while something passing is wrong; hourly for a day after
 * a consent that has not worked out.
 */
export function nextCheckDate(
  state: { settled: 'well' | 'passing' | 'lasting'; consentedAt: Date | null },
  now: Date,
  random: () => number,
): Date {
  const fresh = state.consentedAt !== null && now.getTime() - state.consentedAt.getTime() < dayMs
  const delayMs =
    state.settled === 'passing' ? dayMs / 96 : state.settled === 'lasting' && fresh ? dayMs / 24 : dayMs
  const spread = delayMs / 12
  return new Date(now.getTime() + delayMs + (random() * 2 - 1) * spread)
}
