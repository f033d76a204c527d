import { randomUUID } from 'node:crypto'
import type { Audit } from '../audit/audit.ts'
import type { Transaction } from '../audit/store.ts'
import type { Database } from '../database/index.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import { readCursor, writeCursor } from '../tenants/cursor.ts'
import { customerNameKey, readCustomerName } from '../tenants/customer-name.ts'
import { ensureCustomer, findTenant } from '../tenants/store.ts'
import type { InvitationStatus } from './invitation-status.ts'
import { liveStatuses } from './invitation-status.ts'
import type { ResolvedTenant, ResolveTenant } from './parts.ts'
import { hashOf, joinToken } from './secrets.ts'
import {
  addInvitationEvent,
  countInvitations,
  createInvitation,
  expireInvitations,
  findInvitation,
  findInvitationPage,
  type InvitationFilters,
  type InvitationRecord,
  moveInvitation,
} from './store.ts'

const hourMs = 3_600_000
const defaultHours = 168

export type NewInvitationRequest = {
  customerName: string
  /** GUID or domain; absent makes an unpinned link. */
  tenant?: string | null
  /** Whole hours, 1–2160, default 168. */
  expiresInHours?: number
}

export type Invitations = {
  /**
   * Makes a link. A pinned tenant is resolved and checked before it exists.
   *
   * @throws AppError `forbidden`, `invalid`, `tenant_not_found`, `wrong_cloud`,
   *   `tenant_taken` when the tenant is connected to another customer
   */
  create(actor: Actor, request: NewInvitationRequest): Promise<InvitationRecord>
  /** A link that renews the consent of a connected tenant. @throws AppError `forbidden`, `not_found` */
  createReconsent(actor: Actor, tenantId: string, expiresInHours?: number): Promise<InvitationRecord>
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
  /** A new link in place of this one, which is withdrawn. */
  makeAgain(actor: Actor, id: string, expiresInHours?: number): Promise<InvitationRecord>
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

  async function write(
    tx: Transaction,
    actor: Actor,
    link: {
      customerName: string
      pinned: ResolvedTenant | null
      hours: number
      purpose: 'consent' | 'reconsent'
      replacesId?: string
    },
  ): Promise<string> {
    const at = now()
    const id = randomUUID()
    const customer = await ensureCustomer(tx, link.customerName, customerNameKey(link.customerName))
    await createInvitation(tx, {
      id,
      customerId: customer.id,
      tokenHash: hashOf(joinToken(key, id)),
      pinnedTenantId: link.pinned?.tenantId ?? null,
      pinnedDomain: link.pinned?.domain ?? null,
      cloud: link.pinned?.cloud ?? null,
      status: 'created',
      purpose: link.purpose,
      createdById: actor.id,
      createdByLabel: actor.label,
      createdAt: at,
      expiresAt: new Date(at.getTime() + link.hours * hourMs),
      replacesId: link.replacesId ?? null,
    })
    await addInvitationEvent(tx, id, { type: 'created', detail: `by ${actor.label}`, at })
    await audit.record(
      {
        actor,
        action: 'invitation.created',
        tenantId: link.pinned?.tenantId ?? null,
        target: link.customerName,
        detail: { invitationId: id, hours: link.hours, purpose: link.purpose, replaces: link.replacesId },
      },
      tx,
    )
    return id
  }

  async function pin(customerName: string, tenant: string): Promise<ResolvedTenant> {
    const pinned = await resolveTenant(tenant.trim())
    const known = await findTenant(db, pinned.tenantId)
    if (known && known.customer.nameKey !== customerNameKey(customerName)) throw tenantTaken()
    return pinned
  }

  return {
    get,

    async create(actor, request) {
      requireAct(actor, 'invite')
      const customerName = readCustomerName(request.customerName)
      const hours = readHours(request.expiresInHours)
      const pinned = request.tenant?.trim() ? await pin(customerName, request.tenant) : null
      const isConnected = pinned ? (await findTenant(db, pinned.tenantId)) !== null : false
      const purpose = isConnected ? 'reconsent' : 'consent'
      const id = await db.$transaction(tx => write(tx, actor, { customerName, pinned, hours, purpose }))
      return get(actor, id)
    },

    async createReconsent(actor, tenantId, expiresInHours) {
      requireAct(actor, 'invite')
      const tenant = await findTenant(db, tenantId, actor)
      if (!tenant) throw new AppError('not_found', 'there is no such tenant')
      const pinned = { tenantId: tenant.id, domain: tenant.domain, cloud: tenant.cloud, regionScope: null }
      const hours = readHours(expiresInHours)
      const id = await db.$transaction(tx =>
        write(tx, actor, { customerName: tenant.customer.name, pinned, hours, purpose: 'reconsent' }),
      )
      return get(actor, id)
    },

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
      const status = invitation.status as InvitationStatus
      const revived: InvitationStatus = invitation.openedAt ? 'opened' : 'created'
      await db.$transaction(async tx => {
        const moved = await moveInvitation(tx, invitation.id, {
          from: status === 'expired' ? ['expired'] : liveStatuses.filter(live => live === status),
          to: status === 'expired' ? revived : status,
          where: { tenantId: null },
          change: { expiresAt, endedAt: null },
          event: { type: 'extended', detail: `until ${expiresAt.toISOString()} by ${actor.label}` },
          at,
        })
        if (!moved) {
          throw new AppError('conflict', 'this link can no longer be extended', {
            remedy: 'Make it again instead.',
          })
        }
        await audit.record(auditOf(actor, 'invitation.extended', invitation), tx)
      })
      return get(actor, id)
    },

    async makeAgain(actor, id, expiresInHours) {
      requireAct(actor, 'invite')
      const old = await get(actor, id)
      const lifeHours = Math.round((old.expiresAt.getTime() - old.createdAt.getTime()) / hourMs)
      const hours = readHours(expiresInHours ?? Math.min(Math.max(lifeHours, 1), 2160))
      const customerName = old.customer.name
      const pinned = old.pinnedTenantId ? await pin(customerName, old.pinnedTenantId) : null
      const purpose = old.purpose === 'reconsent' ? 'reconsent' : 'consent'
      const newId = await db.$transaction(async tx => {
        await withdraw(tx, actor, old, now())
        const withDomain = pinned ? { ...pinned, domain: pinned.domain ?? old.pinnedDomain } : null
        return write(tx, actor, { customerName, pinned: withDomain, hours, purpose, replacesId: old.id })
      })
      return get(actor, newId)
    },

    expireDue: () => expireInvitations(db, now()),
  }
}

/** A link whose tenant is proven is no longer there to be withdrawn, unless its verification failed. */
function withdraw(tx: Transaction, actor: Actor, invitation: InvitationRecord, at: Date): Promise<boolean> {
  return moveInvitation(tx, invitation.id, {
    from: liveStatuses,
    to: 'revoked',
    where: { OR: [{ tenantId: null }, { status: 'failed' }] },
    change: { endedAt: at },
    event: { type: 'revoked', detail: `by ${actor.label}` },
    at,
  })
}

function auditOf(actor: Actor, action: string, invitation: InvitationRecord) {
  return {
    actor,
    action,
    tenantId: invitation.tenantId ?? invitation.pinnedTenantId,
    target: invitation.customer.name,
    detail: { invitationId: invitation.id },
  }
}

function readHours(hours: number | undefined): number {
  const value = hours ?? defaultHours
  if (!Number.isInteger(value) || value < 1 || value > 2160) {
    throw new AppError('invalid', 'a link is valid for 1 to 2160 whole hours (90 days)')
  }
  return value
}

export function tenantTaken(): AppError {
  return new AppError('tenant_taken', 'this tenant is already connected under another customer name', {
    remedy:
      'Look it up by its id in the list of tenants. Use that customer’s name, or offboard the tenant there first.',
  })
}
