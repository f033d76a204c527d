import type { Actor } from '../tenants/actor.ts'
import { type Act, may } from '../tenants/permissions.ts'
import type { Actors } from './actors.ts'
import type { KeyStates } from './keys/key-state.ts'
import type { KeyStore } from './keys/store.ts'
import { reasonGone } from './presence.ts'
import type { StaffStore } from './store.ts'

/** Somebody who decided something that goes on without them. */
export type Person = { kind: string; id: string }

/** What they may do now; or, as the end of a sentence, why they may do nothing any more. */
export type CurrentAccess = { actor: Actor; gone: null } | { actor: null; gone: string }

export type AccessParts = {
  store: Pick<StaffStore, 'membersById'>
  keys: Pick<KeyStore, 'byIds'>
  keyStates: KeyStates
  actors: Actors
  now: () => Date
}

/**
 * What people and API keys may do now, so that what they set up never sees
 * more than they do.
 *
 * @param act what they must still be allowed to do, and `lacking` the end of a sentence about whoever is not
 * @returns looks at many at once; answers by id, without those that are not known
 */
export function createCurrentAccess(
  { store, keys, keyStates, actors, now }: AccessParts,
  { act, lacking }: { act: Act; lacking: string } = {
    act: 'hunt.run',
    lacking: 'may look only, and not hunt',
  },
) {
  const toAccess = (actor: Actor | null, gone: string | null): CurrentAccess => {
    if (!actor || gone) return { actor: null, gone: gone ?? lacking }
    return may(actor, act) ? { actor, gone: null } : { actor: null, gone: lacking }
  }

  return async (people: Person[]): Promise<Map<string, CurrentAccess>> => {
    const idsOf = (wanted: Actor['kind']) => [
      ...new Set(people.filter(({ kind }) => kind === wanted).map(({ id }) => id)),
    ]
    const [members, rows] = await Promise.all([
      store.membersById(idsOf('staff')),
      keys.byIds(idsOf('api-key')),
    ])
    const states = await keyStates(rows)
    return new Map<string, CurrentAccess>([
      ...members.map(row => [row.objectId, toAccess(actors.ofMember(row), reasonGone(row, now()))] as const),
      ...[...states].map(([id, { actor, reason }]) => [id, toAccess(actor, reason)] as const),
    ])
  }
}

export type CurrentAccessOf = ReturnType<typeof createCurrentAccess>
