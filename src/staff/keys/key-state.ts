import type { Actor } from '../../tenants/actor.ts'
import type { Actors } from '../actors.ts'
import { type IsWithin, mayAll } from '../delegation.ts'
import { dayOf, reasonGone } from '../presence.ts'
import type { StaffStore } from '../store.ts'
import type { KeyRow } from './store.ts'

/** A key that works, with whom it stands for; or why it does not, as the end of a sentence. */
export type KeyState = { actor: Actor; reason: null } | { actor: null; reason: string }

/**
 * What keys may do now. A key stops when it is revoked, when its time is over,
 * and when the member of staff who answers for it has left or may no longer do
 * and see all that the key may.
 *
 * @returns looks at many at once; answers by id
 */
export function createKeyStates({
  store,
  actors,
  now,
}: {
  store: Pick<StaffStore, 'membersById'> & { isWithin: IsWithin }
  actors: Actors
  now: () => Date
}) {
  async function reasonOf(
    row: KeyRow,
    owners: Map<string, Awaited<ReturnType<StaffStore['membersById']>>[number]>,
  ): Promise<string | null> {
    const at = now()
    if (row.revokedAt) return `was revoked on ${dayOf(row.revokedAt)}`
    if (row.expiresAt <= at) return `expired on ${dayOf(row.expiresAt)}`
    if (row.ownerId === null) return null
    const owner = owners.get(row.ownerId)
    if (!owner) return 'belongs to nobody who is known here'
    const gone = reasonGone(owner, at)
    if (gone) return `belongs to ${owner.username}, who ${gone}`
    const holder = actors.ofMember(owner)
    const key = actors.ofKey(row)
    if (!mayAll(holder, { roles: key.roles ?? [] }))
      return `may do more than ${owner.username}, to whom it belongs, may do now`
    const isWithin = await store.isWithin(key.tenants, holder.tenants)
    return isWithin ? null : `sees more than ${owner.username}, to whom it belongs, sees now`
  }

  return async (rows: readonly KeyRow[]): Promise<Map<string, KeyState>> => {
    const ownerIds = [...new Set(rows.flatMap(({ ownerId }) => ownerId ?? []))]
    const members = ownerIds.length > 0 ? await store.membersById(ownerIds) : []
    const owners = new Map(members.map(member => [member.objectId, member]))
    const states = new Map<string, KeyState>()
    for (const row of rows) {
      const reason = await reasonOf(row, owners)
      states.set(row.id, reason === null ? { actor: actors.ofKey(row), reason } : { actor: null, reason })
    }
    return states
  }
}

export type KeyStates = ReturnType<typeof createKeyStates>
