import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import type { ResolveTenant } from '../consent/deps.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import { isGuid } from '../platform/guid.ts'
import { type PageRequest, pageLimit, readCursor, writeCursor } from '../platform/paging.ts'
import type { Actor } from '../tenants/actor.ts'
import { type ContactDraft, readContact, readStoredContact } from '../tenants/contact.ts'
import { requireAct } from '../tenants/permissions.ts'
import type { InvitationStatus } from './invitation-status.ts'
import { auditOf, extend, hourMs, readHours, withdraw } from './link-life.ts'
import { createLinkMaking, type LinkMaking, readLinkTags, tagsOfConnected } from './make-links.ts'
import { readRemindAt } from './reminder.ts'
import {
  countInvitations,
  countOverdue,
  expireInvitations,
  findInvitation,
  findInvitationPage,
  type InvitationFilters,
  type InvitationRecord,
  updateInvitation,
} from './store.ts'
import { toldTo } from './told-to.ts'

/** Where a page ended: links made in one millisecond are told apart by id. */
const rowPosition = z.object({ createdAt: z.iso.datetime().transform(text => new Date(text)), id: z.uuid() })

export type InvitationChange = {
  tags?: readonly string[] | undefined
  contact?: ContactDraft | null | undefined
  remindAt?: Date | null | undefined
}

export type Invitations = LinkMaking & {
  /** Newest first; `limit` 1–200, default 50. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: Omit<InvitationFilters, 'overdueAt'> & { isOverdue?: boolean },
    page?: PageRequest,
  ): Promise<{ items: InvitationRecord[]; nextCursor: string | null }>
  counts(actor: Actor): Promise<Partial<Record<InvitationStatus, number>>>
  /** @throws AppError `not_found` */
  get(actor: Actor, id: string): Promise<InvitationRecord>
  /** Withdraws. A link that has ended already stays as it is. @throws AppError `conflict` when its tenant is connected */
  revoke(actor: Actor, id: string): Promise<InvitationRecord>
  /** Valid for so many hours from now, also when it had expired. @throws AppError `conflict` when withdrawn or done */
  extend(actor: Actor, id: string, hours?: number): Promise<InvitationRecord>
  /** How many links the customer should have used by now. */
  countOverdue(actor: Actor): Promise<number>
  /**
   * Changes what staff note about a link; what is absent stays as it is.
   *
   * @throws AppError `forbidden`, `not_found`, `invalid` with `details.fields`
   */
  update(actor: Actor, id: string, change: InvitationChange): Promise<InvitationRecord>
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
    const invitation = isGuid(id) ? await findInvitation(db, id.toLowerCase(), actor) : null
    if (!invitation) throw new AppError('not_found', 'there is no such invitation')
    return toldTo(actor, invitation)
  }

  return {
    get,

    ...createLinkMaking({ db, audit, key, resolveTenant, get, now }),

    async list(actor, { isOverdue, ...filters } = {}, page = {}) {
      await expireInvitations(db, now())
      const limit = pageLimit(page.limit)
      const rows = await findInvitationPage(
        db,
        actor,
        { ...filters, ...(isOverdue && { overdueAt: now() }) },
        readCursor(page.cursor, rowPosition),
        limit + 1,
      )
      const items = rows.slice(0, limit).map(row => toldTo(actor, row))
      const last = items.at(-1)
      const next = rows.length > limit && last ? last : null
      return {
        items,
        nextCursor: next && writeCursor({ createdAt: next.createdAt, id: next.id }),
      }
    },

    async counts(actor) {
      await expireInvitations(db, now())
      return countInvitations(db, actor)
    },

    async countOverdue(actor) {
      await expireInvitations(db, now())
      return countOverdue(db, actor, now())
    },

    async update(actor, id, change) {
      requireAct(actor, 'invitation.write')
      const invitation = await get(actor, id)
      const before = {
        tags: invitation.tags,
        contact: readStoredContact(invitation.contact),
        remindAt: invitation.remindAt,
      }
      const isRenewal = invitation.purpose === 'reconsent' || invitation.tenantId !== null
      if (isRenewal && (change.tags?.join() ?? before.tags.join()) !== before.tags.join())
        throw tagsOfConnected()
      const after = {
        tags: change.tags === undefined || isRenewal ? before.tags : readLinkTags(actor, change.tags),
        contact: change.contact === undefined ? before.contact : readContact(change.contact),
        remindAt: change.remindAt === undefined ? before.remindAt : readRemindAt(change.remindAt, now()),
      }
      const changed = (['tags', 'contact', 'remindAt'] as const).filter(
        name => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
      )
      if (changed.length === 0) return invitation
      await db.$transaction(async tx => {
        await updateInvitation(tx, invitation.id, after)
        const event = auditOf(actor, 'invitation.changed', invitation)
        await audit.record({ ...event, detail: { ...event.detail, changed } }, tx)
      })
      return get(actor, id)
    },

    async revoke(actor, id) {
      requireAct(actor, 'invitation.write')
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
      requireAct(actor, 'invitation.write')
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
