/** How old a sign-in may be for acts that give or take access. */
export const freshForSeconds = 15 * 60
/** Entra's clock and ours may differ so far. */
const skewMs = 60_000

/** When, and how, somebody proved to Entra who they are. */
export type Proof = {
  /** `auth_time`; null when Entra did not say. */
  authenticatedAt: string | null
  /** Authentication contexts of Conditional Access that were satisfied. */
  acrs: readonly string[]
}

/**
 * Whether a proof is recent, and as strong as asked.
 *
 * @param acr authentication context that is wanted, such as `c1`; null: none
 */
export function isFresh({ authenticatedAt, acrs }: Proof, acr: string | null, now: Date): boolean {
  if (authenticatedAt === null) return false
  const ageMs = now.getTime() - Date.parse(authenticatedAt)
  const isRecent = ageMs <= freshForSeconds * 1000 && ageMs >= -skewMs
  return isRecent && (acr === null || acrs.includes(acr))
}
