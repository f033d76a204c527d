import { createHash, randomBytes } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { readNumberCursor } from '../../platform/paging.ts'
import type { Actor, RequestOrigin } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import type { Audit } from '../audit.ts'
import { type AuditEventView, toAuditView } from '../audit-view.ts'
import type { Occasions } from '../occasions.ts'
import {
  addLink,
  findActivity,
  findLinks,
  findOpenLink,
  type LinkRow,
  noteOpened,
  revokeLink,
} from './store.ts'

/** A link as staff see it; its token is shown once. */
export type ActivityLinkView = {
  id: string
  createdAt: string
  createdBy: string
  expiresAt: string
  openedAt: string | null
  status: 'active' | 'expired' | 'revoked'
}

/** What a customer sees of its tenant. */
export type Activity = {
  tenantName: string
  expiresAt: string
  events: AuditEventView[]
  nextCursor: string | null
}

const dayMs = 24 * 3600_000
const pageSize = 50

/** Links with which a customer reads, without signing in, what was done in its tenant. */
export function createActivity({
  db,
  audit,
  occasions,
  tenants,
  actions,
  now = () => new Date(),
}: {
  db: Database
  audit: Audit
  occasions: Pick<Occasions, 'linkOpened'>
  tenants: Pick<Tenants, 'get'>
  /** Events that a customer is told of, by the words that there are for them. */
  actions: string[]
  now?: () => Date
}) {
  const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

  function toView(row: LinkRow): ActivityLinkView {
    const { id, createdAt, createdBy, expiresAt, openedAt, revokedAt } = row
    return {
      id,
      createdAt: createdAt.toISOString(),
      createdBy,
      expiresAt: expiresAt.toISOString(),
      openedAt: openedAt?.toISOString() ?? null,
      status: revokedAt ? 'revoked' : expiresAt <= now() ? 'expired' : 'active',
    }
  }

  return {
    /**
     * @param days until it ends, 1–365
     * @returns the token, for the only time
     */
    async createLink(
      actor: Actor,
      tenantId: string,
      days: number,
    ): Promise<{ token: string; link: ActivityLinkView }> {
      requireAct(actor, 'activity.share')
      const tenant = await tenants.get(actor, tenantId)
      const token = randomBytes(32).toString('base64url')
      const createdAt = now()
      const expiresAt = new Date(createdAt.getTime() + days * dayMs)
      const row = await db.$transaction(async tx => {
        const added = await addLink(tx, {
          tenantId: tenant.id,
          tokenHash: hashOf(token),
          createdAt,
          createdBy: actor.label,
          expiresAt,
        })
        const about = { tenantId: tenant.id, tenantName: tenant.name, target: added.id }
        await audit.record({ actor, action: 'activity.link-created', ...about, detail: { expiresAt } }, tx)
        return added
      })
      return { token, link: toView(row) }
    },

    async links(actor: Actor, tenantId: string): Promise<ActivityLinkView[]> {
      requireAct(actor, 'activity.share')
      const tenant = await tenants.get(actor, tenantId)
      return (await findLinks(db, tenant.id)).map(toView)
    },

    /** @throws AppError `not_found` when it ended already */
    async revokeLink(actor: Actor, tenantId: string, id: string): Promise<void> {
      requireAct(actor, 'activity.share')
      const tenant = await tenants.get(actor, tenantId)
      await db.$transaction(async tx => {
        const about = { id, tenantId: tenant.id, at: now() }
        if (!(isGuid(id) && (await revokeLink(tx, about)))) {
          throw new AppError('not_found', 'there is no such link, or it was revoked already')
        }
        const named = { tenantId: tenant.id, tenantName: tenant.name, target: id }
        await audit.record({ actor, action: 'activity.link-revoked', ...named }, tx)
      })
    },

    /**
     * What a customer sees by its link, newest first.
     *
     * @returns null for a link that never was, ended or was revoked: nobody learns which
     */
    async open(token: string, cursor: string | null, from: RequestOrigin): Promise<Activity | null> {
      if (!/^[\w-]{43}$/.test(token)) return null
      const link = await findOpenLink(db, hashOf(token), now())
      if (!link) return null
      const { tenant } = link
      const before = readNumberCursor(cursor)
      const rows = await findActivity(db, tenant.id, actions, before, pageSize + 1)
      await noteOpened(db, link.id, now())
      await occasions.linkOpened({ id: link.id, tenantId: tenant.id, tenantName: tenant.name }, from)
      const events = rows.slice(0, pageSize)
      return {
        tenantName: tenant.name,
        expiresAt: link.expiresAt.toISOString(),
        events: events.map(toAuditView),
        nextCursor: rows.length > pageSize ? (events.at(-1)?.id.toString() ?? null) : null,
      }
    },
  }
}

export type ActivityService = ReturnType<typeof createActivity>
