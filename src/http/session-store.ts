import { createHash } from 'node:crypto'
import type fastifySession from '@fastify/session'
import type { Session } from 'fastify'
import type { SessionRows } from '../staff/store.ts'

/**
 * Server-side sessions in PostgreSQL. The row's key is a hash of the cookie's
 * value, so a copy of the table opens no session.
 */
export function createSessionStore(rows: SessionRows, lifetimeMs: number): fastifySession.SessionStore {
  const hashOf = (id: string) => createHash('sha256').update(id).digest('hex')
  return {
    set(id, session, callback) {
      const { staff } = session
      const row = {
        idHash: hashOf(id),
        // Dates and undefined members as JSON has them.
        data: JSON.parse(JSON.stringify(session)),
        objectId: staff?.objectId ?? null,
        entraSid: staff?.sid ?? null,
        expiresAt: new Date(session.cookie.expires ?? Date.now() + lifetimeMs),
      }
      rows.save(row).then(() => callback(), callback)
    },
    get(id, callback) {
      rows
        .find(hashOf(id), new Date())
        .then(data => callback(null, (data ?? undefined) as Session | undefined), callback)
    },
    destroy(id, callback) {
      rows.remove(hashOf(id)).then(() => callback(), callback)
    },
  }
}
