import { randomUUID } from 'node:crypto'
import type { Audit } from '../audit/audit.ts'
import type { Transaction } from '../audit/store.ts'
import type { Database } from '../database/index.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import { customerNameKey, readCustomerName } from '../tenants/customer-name.ts'
import { ensureCustomer, findTenant, lockTenant } from '../tenants/store.ts'
import { auditOf, extend, hourMs, readHours, withdraw } from './link-life.ts'
import type { ResolvedTenant, ResolveTenant } from './parts.ts'
import { hashOf, joinToken } from './secrets.ts'
import { addInvitationEvent, createInvitation, findOpenReconsent, type InvitationRecord } from './store.ts'

export type NewInvitationRequest = {
  customerName: string
  /** GUID or domain; absent makes an unpinned link. */
  tenant?: string | null
  /** Whole hours, 1–2160, default 168. */
  expiresInHours?: number
}

export type LinkMaking = {
  /**
   * Makes a link. A pinned tenant is resolved and checked before it exists.
   *
   * @throws AppError `forbidden`, `invalid`, `tenant_not_found`, `wrong_cloud`,
   *   `tenant_taken` when the tenant is connected to another customer
   */
  create(actor: Actor, request: NewInvitationRequest): Promise<InvitationRecord>
  /**
   * The link that renews the consent of a connected tenant: the one that is
   * open, else a new one. An open one in its last day is extended.
   *
   * @throws AppError `forbidden`, `not_found`
   */
  reconsent(
    actor: Actor,
    tenantId: string,
    expiresInHours?: number,
  ): Promise<{ invitation: InvitationRecord; isNew: boolean }>
  /** A new link in place of this one, which is withdrawn. */
  makeAgain(actor: Actor, id: string, expiresInHours?: number): Promise<InvitationRecord>
}

type NewLink = {
  customerName: string
  pinned: ResolvedTenant | null
  hours: number
  purpose: 'consent' | 'reconsent'
  replacesId?: string
}

/** @param get reads a link that the actor may see */
export function createLinkMaking({
  db,
  audit,
  key,
  resolveTenant,
  get,
  now,
}: {
  db: Database
  audit: Audit
  /** Installation key. */
  key: Buffer
  resolveTenant: ResolveTenant
  get: (actor: Actor, id: string) => Promise<InvitationRecord>
  now: () => Date
}): LinkMaking {
  async function write(tx: Transaction, actor: Actor, link: NewLink): Promise<string> {
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

  async function renew(tx: Transaction, actor: Actor, open: InvitationRecord, hours: number): Promise<void> {
    const at = now()
    const expiresAt = new Date(at.getTime() + hours * hourMs)
    if (open.expiresAt.getTime() - at.getTime() > 24 * hourMs || expiresAt <= open.expiresAt) return
    if (await extend(tx, actor, open, expiresAt, at))
      await audit.record(auditOf(actor, 'invitation.extended', open), tx)
  }

  return {
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

    async reconsent(actor, tenantId, expiresInHours) {
      requireAct(actor, 'invite')
      const hours = readHours(expiresInHours)
      const found = await db.$transaction(async tx => {
        // Two presses at once make one link.
        await lockTenant(tx, tenantId)
        const tenant = await findTenant(tx, tenantId, actor)
        if (!tenant) throw new AppError('not_found', 'there is no such tenant')

        const open = await findOpenReconsent(tx, tenant, actor, now())
        if (open) {
          await renew(tx, actor, open, hours)
          return { id: open.id, isNew: false }
        }
        const pinned = { tenantId: tenant.id, domain: tenant.domain, cloud: tenant.cloud, regionScope: null }
        const link = { customerName: tenant.customer.name, pinned, hours, purpose: 'reconsent' } as const
        return { id: await write(tx, actor, link), isNew: true }
      })
      return { invitation: await get(actor, found.id), isNew: found.isNew }
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
  }
}

export function tenantTaken(): AppError {
  return new AppError('tenant_taken', 'this tenant is already connected under another customer name', {
    remedy:
      'Look it up by its id in the list of tenants. Use that customer’s name, or offboard the tenant there first.',
  })
}
