/**
 * Days without a sign-in after which somebody counts as gone: Entra does not
 * report who left.
 */
const absentAfterDays = 90

type MemberPresence = { roles: string[]; lastSignInAt: Date | null; removedAt: Date | null }

/** Why somebody counts as gone, as the end of a sentence; null while they are there. */
export function reasonGone({ roles, lastSignInAt, removedAt }: MemberPresence, now: Date): string | null {
  if (removedAt) return `was removed on ${dayOf(removedAt)}`
  if (!lastSignInAt) return 'has never signed in'
  const days = (now.getTime() - lastSignInAt.getTime()) / 86_400_000
  if (days > absentAfterDays) return `has not signed in since ${dayOf(lastSignInAt)}`
  return roles.length === 0 ? 'has no role here any more' : null
}

/** `2026-11-22` */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}
