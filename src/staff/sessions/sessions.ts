import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import { isGuid } from '../../platform/guid.ts'
import { BoundedMap } from '../../platform/limits/bounded-map.ts'
import { storableText } from '../../platform/storable.ts'
import type { Actor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { Actors } from '../actors.ts'
import type { Members } from '../members.ts'
import type { StaffStore } from '../store.ts'
import { browserOf } from './browser.ts'
import type { Client, SessionRows } from './store.ts'

export type SessionView = {
  id: string
  /** `Firefox on Linux` */
  browser: string
  /** Where it was used last. */
  address: string | null
  since: string
  lastSeenAt: string
  expiresAt: string
  isCurrent: boolean
}

const notedEveryMs = 60_000
const mostRemembered = 20_000

/** Sessions of staff: who is behind them now, where they are used, and the end of them. */
export function createStaffSessions({
  rows,
  store,
  actors,
  members,
  audit,
  now,
}: {
  rows: SessionRows
  store: Pick<StaffStore, 'member' | 'membersById'>
  actors: Actors
  members: Pick<Members, 'require'>
  audit: Audit
  now: () => Date
}) {
  /** When this process last noted that a session is in use: asking the database each time would be a query more. */
  const noted = new BoundedMap<string, { at: number; isUsed: boolean }>(mostRemembered)

  /** @throws AppError `forbidden`, `not_found` for whoever is beyond the actor's tenants */
  async function requireSight(actor: Actor, objectId: string): Promise<void> {
    if (actor.kind === 'staff' && actor.id === objectId) requireAct(actor, 'session.own')
    else await members.require(actor, objectId)
  }

  return {
    /** What somebody who signed in may do and see at this moment; null when nothing. */
    async actorFor(objectId: string): Promise<Actor | null> {
      const row = await store.member(objectId)
      const actor = row && row.removedAt === null ? actors.ofMember(row) : null
      return actor?.role ? actor : null
    },

    /** Who is behind sessions that are not over, by the hash of their id. */
    async actorsBehind(idHashes: string[]): Promise<Map<string, Actor>> {
      const found = await rows.findMany(idHashes, now())
      const people = await store.membersById([...new Set(found.flatMap(({ objectId }) => objectId ?? []))])
      const byId = new Map(people.map(row => [row.objectId, row]))
      const behind = new Map<string, Actor>()
      for (const { idHash, objectId } of found) {
        const row = objectId ? byId.get(objectId) : undefined
        const actor = row && row.removedAt === null ? actors.ofMember(row) : null
        if (actor?.role) behind.set(idHash, actor)
      }
      return behind
    },

    /** Notes that a session is in use, once a minute at most. */
    async noteUse(idHash: string, client: Client): Promise<void> {
      const at = now()
      const before = noted.get(idHash)
      if (before && at.getTime() - before.at < notedEveryMs) return
      noted.set(idHash, { at: at.getTime(), isUsed: false })
      await rows.noteUse(idHash, toClient(client), at, new Date(at.getTime() - notedEveryMs))
    },

    /** @param currentIdHash of the session that asks, where one does */
    async list(actor: Actor, objectId: string, currentIdHash: string | null = null): Promise<SessionView[]> {
      await requireSight(actor, objectId)
      return (await rows.findOf(objectId, now())).map(row => ({
        id: row.id,
        browser: browserOf(row.userAgent),
        address: row.address,
        since: row.createdAt.toISOString(),
        lastSeenAt: row.lastSeenAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
        isCurrent: row.idHash === currentIdHash,
      }))
    },

    /**
     * Ends one session, or all of a person. Streams and downloads end within seconds.
     *
     * @returns how many ended
     * @throws AppError `forbidden`, `not_found`
     */
    async end(actor: Actor, objectId: string, id?: string): Promise<number> {
      await requireSight(actor, objectId)
      if (id !== undefined && !isGuid(id)) throw noSuchSession()
      return await rows.transaction(async tx => {
        const count = await rows.removeOf(tx, objectId, id?.toLowerCase())
        if (id !== undefined && count === 0) throw noSuchSession()
        if (count > 0) {
          const detail = { sessions: count, ...(id ? { session: id.toLowerCase() } : {}) }
          await audit.record({ actor, action: 'session.ended', target: objectId, detail }, tx)
        }
        return count
      })
    },
  }
}

export type StaffSessions = ReturnType<typeof createStaffSessions>

/** What a browser says of itself, as far as it is kept. */
export function toClient({ address, userAgent }: Client): Client {
  return { address: storableText(address, 100), userAgent: storableText(userAgent, 300) }
}

function noSuchSession(): AppError {
  return new AppError('not_found', 'there is no such session: it may have ended already')
}
