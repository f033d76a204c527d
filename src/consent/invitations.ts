import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/index.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import { readCursor, writeCursor } from '../tenants/cursor.ts'
import type { InvitationStatus } from './invitation-status.ts'
import { auditOf, extend, hourMs, readHours, withdraw } from './link-life.ts'
import { createLinkMaking, type LinkMaking } from './make-links.ts'
import type { ResolveTenant } from './parts.ts'
import {
  countInvitations,
  expireInvitations,
  findInvitation,
  findInvitationPage,
  type InvitationFilters,
  type InvitationRecord,
} from './store.ts'

export type Invitations = LinkMaking & {
  /** Newest first; `limit` 1–200, default 50. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: InvitationFilters,
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: InvitationRecord[]; nextCursor: string | null }>
  counts(actor: Actor): Promise<Partial<Record<InvitationStatus, number>>>
  /** @throws AppError `not_found` */
  get(actor: Actor, id: string): Promise<InvitationRecord>
  /** Withdraws. A link that has ended already stays as it is. @throws AppError `conflict` when its tenant is connected */
  revoke(actor: Actor, id: string): Promise<InvitationRecord>
  /** Valid for so many hours from now, also when it had expired. @throws AppError `conflict` when withdrawn or done */
  extend(actor: Actor, id: string, hours?: number): Promise<InvitationRecord>
  /** Ends every link whose time has passed; lists and pages do the same on their way. */
  expireDue(): Promise<void>
}

export function createInvitations({
  db,
  audit,
  key,
  resolveTenant,
  now = () => new Date(),
}: {
  db: Database
  audit: Audit
  /** Installation key. */
  key: Buffer
  resolveTenant: ResolveTenant
  now?: () => Date
}): Invitations {
  async function get(actor: Actor, id: string): Promise<InvitationRecord> {
    await expireInvitations(db, now())
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    const invitation = isId ? await findInvitation(db, id.toLowerCase(), actor) : null
    if (!invitation) throw new AppError('not_found', 'there is no such invitation')
    return invitation
  }

  return {
    get,

    ...createLinkMaking({ db, audit, key, resolveTenant, get, now }),

    async list(actor, filters = {}, page = {}) {
      await expireInvitations(db, now())
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      const cursor = readCursor(page.cursor, 'createdAt')
      const after = cursor ? { createdAt: new Date(Number(cursor.value)), id: cursor.id } : null
      if (after && Number.isNaN(after.createdAt.getTime())) {
        throw new AppError('invalid', '"cursor" is not one that this list gave')
      }
      const rows = await findInvitationPage(db, actor, filters, after, limit + 1)
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      const next = rows.length > limit && last ? last : null
      return {
        items,
        nextCursor: next
          ? writeCursor({ sort: 'createdAt', value: next.createdAt.getTime().toString(), id: next.id })
          : null,
      }
    },

    async counts(actor) {
      await expireInvitations(db, now())
      return countInvitations(db, actor)
    },

    async revoke(actor, id) {
      requireAct(actor, 'invite')
      const invitation = await get(actor, id)
      await db.$transaction(async tx => {
        const moved = await withdraw(tx, actor, invitation, now())
        if (moved) await audit.record(auditOf(actor, 'invitation.revoked', invitation), tx)
      })
      const after = await get(actor, id)
      if (after.status === 'revoked' || after.status === 'expired') return after
      throw new AppError('conflict', 'this link has done its work: its tenant is connected', {
        remedy: 'To end the connection, offboard the tenant.',
      })
    },

    async extend(actor, id, hours) {
      requireAct(actor, 'invite')
      const invitation = await get(actor, id)
      const at = now()
      const expiresAt = new Date(at.getTime() + readHours(hours) * hourMs)
      await db.$transaction(async tx => {
        if (!(await extend(tx, actor, invitation, expiresAt, at))) {
          throw new AppError('conflict', 'this link can no longer be extended', {
            remedy: 'Make it again instead.',
          })
        }
        await audit.record(auditOf(actor, 'invitation.extended', invitation), tx)
      })
      return get(actor, id)
    },

    expireDue: () => expireInvitations(db, now()),
  }
}
