const minute = 60_000
const hour = 60 * minute

/**
 * Seconds until an action is looked at again. Most end within a minute; one
 * for a device that is switched off waits for days and costs the tenant's
 * quota each time.
 */
export function followDelaySeconds(ageMs: number): number {
  if (ageMs < minute) return 5
  if (ageMs < 10 * minute) return 30
  if (ageMs < hour) return 60
  if (ageMs < 24 * hour) return 600
  return 3600
}

/** An action of which the service knows nothing by then was never taken up. */
export const lostAfterMs = 5 * minute

/** Longer than any service keeps an action waiting. */
export const givenUpAfterMs = 30 * 24 * hour
