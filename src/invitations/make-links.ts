import { randomUUID } from 'node:crypto'
import type { Audit } from '../audit/audit.ts'
import type { Transaction } from '../audit/store.ts'
import type { ResolvedTenant, ResolveTenant } from '../consent/deps.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, withOwnTags } from '../tenants/actor.ts'
import { type Contact, type ContactDraft, readContact, readStoredContact } from '../tenants/contact.ts'
import { customerNameKey, readCustomerName } from '../tenants/customer-name.ts'
import { requireAct } from '../tenants/permissions.ts'
import { ensureCustomer, findTenant, lockTenant } from '../tenants/store.ts'
import { readTags } from '../tenants/tags.ts'
import { auditOf, extend, hourMs, readHours, withdraw } from './link-life.ts'
import { hashOf, joinToken } from './link-token.ts'
import { defaultRemindAt, readRemindAt } from './reminder.ts'
import { addInvitationEvent, createInvitation, findOpenReconsent, type InvitationRecord } from './store.ts'

export type NewInvitationRequest = {
  customerName: string
  /** GUID or domain; absent makes an unpinned link. */
  tenant?: string | null
  /** Whole hours, 1–2160, default 168. */
  expiresInHours?: number
  /** What the tenant is tagged with when it connects. */
  tags?: readonly string[]
  /** Whom to ask at the customer. */
  contact?: ContactDraft | null
  /** When staff want to be reminded; absent: in three days, null: never. */
  remindAt?: Date | null
}

export type LinkMaking = {
  /**
   * Makes a link. A pinned tenant is resolved and checked before it exists.
   *
   * @throws AppError `forbidden`, `invalid` (with `details.fields`), `tenant_not_found`, `wrong_cloud`,
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
  tags: string[]
  contact: Contact | null
  remindAt: Date | null
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
      tags: link.tags,
      ...(link.contact && { contact: link.contact }),
      remindAt: link.remindAt,
    })
    await addInvitationEvent(tx, id, { type: 'created', detail: `by ${actor.label}`, at })
    await audit.record(
      {
        actor,
        action: 'invitation.created',
        tenantId: link.pinned?.tenantId ?? null,
        target: link.customerName,
        detail: {
          invitationId: id,
          hours: link.hours,
          purpose: link.purpose,
          replaces: link.replacesId,
          tags: link.tags,
        },
      },
      tx,
    )
    return id
  }

  /** A tenant that the actor does not see is as one that nobody connected. */
  async function pin(actor: Actor, customerName: string, tenant: string): Promise<ResolvedTenant> {
    const pinned = await resolveTenant(tenant.trim())
    const known = await findTenant(db, pinned.tenantId, actor)
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
      requireAct(actor, 'invitation.create')
      const customerName = readCustomerName(request.customerName)
      const hours = readHours(request.expiresInHours)
      const tags = readLinkTags(actor, request.tags ?? [])
      const contact = readContact(request.contact)
      const remindAt = readRemindAt(request.remindAt, now())
      const pinned = request.tenant?.trim() ? await pin(actor, customerName, request.tenant) : null
      const known = pinned && (await findTenant(db, pinned.tenantId, actor))
      if (known && (request.tags?.length ?? 0) > 0) throw tagsOfConnected()
      const link = { customerName, pinned, hours, contact, remindAt }
      const id = await db.$transaction(tx =>
        write(tx, actor, known ? { ...link, ...renewal, tags: [] } : { ...link, purpose: 'consent', tags }),
      )
      return get(actor, id)
    },

    async reconsent(actor, tenantId, expiresInHours) {
      requireAct(actor, 'invitation.create')
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
        const contact = readStoredContact(tenant.contact)
        const remindAt = defaultRemindAt(now())
        const link = {
          customerName: tenant.customer.name,
          pinned,
          hours,
          contact,
          remindAt,
          tags: [],
          ...renewal,
        }
        return { id: await write(tx, actor, link), isNew: true }
      })
      return { invitation: await get(actor, found.id), isNew: found.isNew }
    },

    async makeAgain(actor, id, expiresInHours) {
      requireAct(actor, 'invitation.create')
      const old = await get(actor, id)
      const lifeHours = Math.round((old.expiresAt.getTime() - old.createdAt.getTime()) / hourMs)
      const hours = readHours(expiresInHours ?? Math.min(Math.max(lifeHours, 1), 2160))
      const customerName = old.customer.name
      const pinned = old.pinnedTenantId ? await pin(actor, customerName, old.pinnedTenantId) : null
      const purpose = old.purpose === 'reconsent' ? 'reconsent' : 'consent'
      const newId = await db.$transaction(async tx => {
        await withdraw(tx, actor, old, now())
        const withDomain = pinned ? { ...pinned, domain: pinned.domain ?? old.pinnedDomain } : null
        const contact = readStoredContact(old.contact)
        const remindAt = old.remindAt && defaultRemindAt(now())
        const link = { customerName, pinned: withDomain, hours, purpose, contact, remindAt } as const
        return write(tx, actor, { ...link, tags: old.tags, replacesId: old.id })
      })
      return get(actor, newId)
    },
  }
}

const renewal = { purpose: 'reconsent' } as const

/** A link must not tag a tenant that its maker may not see. */
export function tagsOfConnected(): AppError {
  const message = 'this tenant is connected already: its tags are changed on its own page'
  return new AppError('invalid', message, { details: { fields: { tags: message } } })
}

/**
 * Who is limited to tags would otherwise invite what it then cannot see.
 *
 * @throws AppError `invalid` with `details.fields`
 */
export function readLinkTags(actor: Actor, tags: readonly string[]): string[] {
  try {
    return readTags(withOwnTags(actor, readTags(tags)))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const words = error.remedy ? `${error.message}. ${error.remedy}` : error.message
    throw new AppError('invalid', error.message, {
      ...(error.remedy === null ? {} : { remedy: error.remedy }),
      details: { fields: { tags: words } },
    })
  }
}

export function tenantTaken(): AppError {
  return new AppError('tenant_taken', 'this tenant is already connected under another customer name', {
    remedy:
      'Look it up by its id in the list of tenants. Use that customer’s name, or offboard the tenant there first.',
  })
}
