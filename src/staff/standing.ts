import { type Actor, may, type StaffRole } from '../tenants/actor.ts'
import type { StaffStore } from './store.ts'

/** Somebody who decided something that goes on without them. */
export type Person = { kind: string; id: string }

/** What they may do now; or, as the end of a sentence, why they may do nothing any more. */
export type Standing = { actor: Actor; gone: null } | { actor: null; gone: string }

/**
 * Without a sign-in for so long somebody counts as gone: nobody tells us who
 * has left, and whoever is there signs in sooner.
 */
const absentAfterDays = 90

/**
 * What people and API keys may do now, so that what they set up never sees
 * more than they do.
 *
 * @returns looks at many at once; answers by id, without those that are not known
 */
export function createStandings({ store, now = () => new Date() }: { store: StaffStore; now?: () => Date }) {
  return async (people: Person[]): Promise<Map<string, Standing>> => {
    const idsOf = (wanted: Actor['kind']) => [
      ...new Set(people.filter(({ kind }) => kind === wanted).map(({ id }) => id)),
    ]
    const [members, keys] = await Promise.all([
      store.membersById(idsOf('staff')),
      store.keysById(idsOf('api-key')),
    ])
    const standings = new Map<string, Standing>()
    for (const { objectId: id, username: label, role, limitedToTags, lastSignInAt } of members) {
      const actor: Actor = { kind: 'staff', id, label, role: role as StaffRole | null, limitedToTags }
      const days = (now().getTime() - lastSignInAt.getTime()) / 86_400_000
      const absent = days > absentAfterDays ? `has not signed in since ${dayOf(lastSignInAt)}` : null
      standings.set(id, standingOf(actor, absent))
    }
    for (const { id, name: label, role, limitedToTags, revokedAt } of keys) {
      const actor: Actor = { kind: 'api-key', id, label, role: role as StaffRole, limitedToTags }
      standings.set(id, standingOf(actor, revokedAt ? `was revoked on ${dayOf(revokedAt)}` : null))
    }
    return standings
  }
}

export type StandingsOf = ReturnType<typeof createStandings>

function standingOf(actor: Actor, gone: string | null): Standing {
  if (gone) return { actor: null, gone }
  if (actor.role === null) return { actor: null, gone: 'has no role here any more' }
  return may(actor, 'hunt') ? { actor, gone: null } : { actor: null, gone: 'may look only, and not hunt' }
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}
