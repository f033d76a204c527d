import { createHash } from 'node:crypto'
import type fastifySession from '@fastify/session'
import type { Session } from 'fastify'
import type { SessionRows } from '../../../staff/sessions/store.ts'

/** The row's key of a session. */
export function sessionIdHash(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}

/**
 * Server-side sessions in PostgreSQL. The row's key is a hash of the cookie's
 * value, so a copy of the table opens no session.
 */
export function createSessionStore(rows: SessionRows, lifetimeMs: number): fastifySession.SessionStore {
  return {
    set(id, session, callback) {
      const { staff, client } = session
      const now = new Date()
      const row = {
        idHash: sessionIdHash(id),
        // Dates and undefined members as JSON has them.
        data: JSON.parse(JSON.stringify(session)),
        objectId: staff?.objectId ?? null,
        entraSid: staff?.sid ?? null,
        address: client?.address ?? null,
        userAgent: client?.userAgent ?? null,
        authenticatedAt: staff?.authenticatedAt ? new Date(staff.authenticatedAt) : null,
        acrs: [...(staff?.acrs ?? [])],
        now,
        expiresAt: new Date(now.getTime() + lifetimeMs),
      }
      rows.save(row).then(() => callback(), callback)
    },
    get(id, callback) {
      rows
        .find(sessionIdHash(id), new Date())
        .then(data => callback(null, (data ?? undefined) as Session | undefined), callback)
    },
    destroy(id, callback) {
      rows.remove(sessionIdHash(id)).then(() => callback(), callback)
    },
  }
}
