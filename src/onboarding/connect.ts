import type { Audit } from '../audit/audit.ts'
import type { Transaction } from '../audit/store.ts'
import { findClaimedTenant } from '../consent/attempt-store.ts'
import type { ResolvedTenant, ResolveTenant } from '../consent/deps.ts'
import { AppError, RemoteError, readStoredFailure } from '../errors.ts'
import { liveStatuses } from '../invitations/invitation-status.ts'
import { tenantTaken } from '../invitations/make-links.ts'
import {
  findInvitation,
  findPinnedInvitations,
  type InvitationRecord,
  linkInvitation,
  moveInvitation,
} from '../invitations/store.ts'
import type { RoleKey } from '../microsoft/roles/roles.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, isLimited, sees, withOwnTags } from '../tenants/actor.ts'
import { type Contact, readStoredContact } from '../tenants/contact.ts'
import { customerNameKey, readCustomerName } from '../tenants/customer-name.ts'
import { may, requireAct } from '../tenants/permissions.ts'
import {
  addTenantEvent,
  createTenantIfAbsent,
  ensureCustomer,
  findTenant,
  type TenantRecord,
  updateTenant,
} from '../tenants/store.ts'
import { readTags } from '../tenants/tags.ts'
import { applyDecision } from '../verification/apply-decision.ts'
import { type Decision, decide } from '../verification/decision.ts'
import type { Observe, SurfaceObservation } from '../verification/observation.ts'
import { nextCheckDate } from '../verification/retry-delays.ts'
import type { Verification } from '../verification/verification.ts'

type ConnectRequest = {
  tenant: string
  name: string
  tags?: readonly string[]
  contact?: Contact | null
}

export type Connect = {
  /**
   * Connects a tenant that consented elsewhere, after the same token proof as
   * at the end of a link. A tenant that this customer has already is checked again.
   *
   * What a link of this customer that is pinned to it says (tags, contact) holds for it, too.
   *
   * @param request `tenant`: GUID or domain; `name`: the customer's
   * @throws AppError `forbidden`, `invalid`, `tenant_not_found`, `wrong_cloud`,
   *   `tenant_taken`, `consent_missing`; RemoteError when Microsoft cannot be asked now
   */
  connectTenant(actor: Actor, request: ConnectRequest): Promise<TenantRecord>
  /**
   * Connects the tenant of a link by a token alone: the link's pin, else the
   * tenant that its last approval named. For approvals whose redirect failed
   * (AADSTS500113), and for approvers whose sign-in can never prove them, such
   * as delegated administrators (AADSTS90099) and guests (AADSTS90072).
   *
   * @throws as `connectTenant`; AppError `invalid` when no tenant is known, `not_found`
   */
  connectInvitation(actor: Actor, invitationId: string): Promise<TenantRecord>
  /** The tenant that `connectInvitation` would connect, while that is a way on; null otherwise. */
  directTenant(actor: Actor, invitation: InvitationRecord): Promise<string | null>
}

export function createConnect({
  db,
  audit,
  resolveTenant,
  observe,
  verification,
  requiredRoles,
  now = () => new Date(),
  random = Math.random,
}: {
  db: Database
  audit: Audit
  resolveTenant: ResolveTenant
  observe: Observe
  verification: Pick<Verification, 'verifyNow'>
  requiredRoles: readonly RoleKey[]
  now?: () => Date
  random?: () => number
}): Connect {
  async function write(
    actor: Actor,
    customerName: string,
    resolved: ResolvedTenant,
    given: { tags: string[]; contact: Contact | null },
    observations: SurfaceObservation[],
    decision: Decision,
  ): Promise<TenantRecord> {
    const at = now()
    const { tenantId } = resolved
    return db.$transaction(async tx => {
      const customer = await ensureCustomer(tx, customerName, customerNameKey(customerName))
      const links = await findPinnedInvitations(tx, customer.id, tenantId, liveStatuses)
      const contact = [given, ...links].map(one => readStoredContact(one.contact)).find(one => one !== null)
      const row = {
        id: tenantId,
        customerId: customer.id,
        name: customer.name,
        domain: resolved.domain,
        tags: readTags([...given.tags, ...links.flatMap(({ tags }) => tags)]),
        ...(contact && { contact }),
      }
      await createTenantIfAbsent(tx, { ...row, cloud: resolved.cloud, status: 'verifying', consentedAt: at })
      const tenant = await findTenant(tx, tenantId)
      if (!tenant || tenant.customerId !== customer.id) throw tenantTaken()

      await addTenantEvent(tx, tenantId, {
        type: 'connected_elsewhere',
        detail: `consent found and connected by ${actor.label}`,
        at,
      })
      const settled = decision.failure ? 'lasting' : 'well'
      const nextCheckAt = nextCheckDate({ settled, consentedAt: at }, at, random)
      await closeLinks(tx, links, tenantId, at)
      await applyDecision(tx, audit, actor, tenant, observations, decision, { nextCheckAt }, at)
      const written = await findTenant(tx, tenantId)
      if (!written) throw new Error('a tenant vanished within the transaction that made it')
      return written
    })
  }

  /** Links that wait for this very tenant have found it. */
  async function closeLinks(tx: Transaction, links: { id: string }[], tenantId: string, at: Date) {
    for (const { id } of links) {
      await linkInvitation(tx, id, tenantId)
      const event = { type: 'consented', detail: 'found by a check, without an answer to the link' }
      await moveInvitation(tx, id, { from: liveStatuses, to: 'consented', error: null, event, at })
    }
  }

  /** A link that was not pinned has found its tenant too. */
  async function closeLink(
    tx: Transaction,
    actor: Actor,
    { id, customer }: InvitationRecord,
    tenant: TenantRecord,
  ): Promise<void> {
    await linkInvitation(tx, id, tenant.id)
    await moveInvitation(tx, id, {
      from: liveStatuses,
      to: 'verified',
      error: null,
      event: { type: 'verified', detail: `connected directly by ${actor.label}` },
      at: now(),
    })
    await audit.record(
      {
        actor,
        action: 'invitation.connected_directly',
        tenantId: tenant.id,
        tenantName: tenant.name,
        target: customer.name,
        detail: { invitationId: id },
      },
      tx,
    )
  }

  async function connectTenant(actor: Actor, request: ConnectRequest): Promise<TenantRecord> {
    requireAct(actor, 'tenant.connect')
    const customerName = readCustomerName(request.name)
    const asked = readTags(request.tags ?? [])
    const resolved = await resolveTenant(request.tenant.trim())
    const tags = tagsWithin(actor, resolved.tenantId, asked)
    const found = await findTenant(db, resolved.tenantId)
    const known = found && sees(actor, found) ? found : null
    if (known) {
      if (known.customer.nameKey !== customerNameKey(customerName)) throw tenantTaken()
      if (!known.domain && resolved.domain) await updateTenant(db, known.id, { domain: resolved.domain })
      return verification.verifyNow(actor, known.id)
    }

    const observations = await observe(resolved.tenantId, requiredRoles, [])
    const before = { status: 'verifying', rolesGranted: [], wasVerified: false } as const
    const decision = decide(requiredRoles, observations, before, false, now())
    if (!decision.consentSeen || found) throw notConsented(actor, decision)
    const given = { tags, contact: request.contact ?? null }
    return write(actor, customerName, resolved, given, observations, decision)
  }

  return {
    connectTenant,

    async directTenant(actor, invitation) {
      const { status, lastError, pinnedTenantId, tenantId } = invitation
      if (!may(actor, 'tenant.connect') || !directStatuses.includes(status)) return null
      const claimed = tenantId ?? (await findClaimedTenant(db, invitation.id))
      // Where no approval came back, asking for a token may still find one, unless it is known why none was given.
      const isOpen = status !== 'failed' || readStoredFailure(lastError)?.code === 'approver_outside_tenant'
      return claimed ?? (isOpen ? pinnedTenantId : null)
    },

    async connectInvitation(actor, invitationId) {
      requireAct(actor, 'tenant.connect')
      const invitation = await findInvitation(db, invitationId, actor)
      if (!invitation) throw new AppError('not_found', 'there is no such invitation')
      const tenant =
        invitation.tenantId ?? invitation.pinnedTenantId ?? (await findClaimedTenant(db, invitationId))
      if (!tenant) {
        throw new AppError('invalid', 'no tenant is known for this invitation', {
          remedy: 'Ask the customer for a domain or tenant id and connect the tenant by it.',
        })
      }
      const { tags, customer } = invitation
      const contact = readStoredContact(invitation.contact)
      const connected = await connectTenant(actor, { tenant, name: customer.name, tags, contact })
      if (connected.status === 'connected' || connected.status === 'degraded')
        await db.$transaction(tx => closeLink(tx, actor, invitation, connected))
      return connected
    },
  }
}

/** Somebody set out for Microsoft, and no proof has come of it. */
const directStatuses = ['started', 'failed', 'consented']

const curedByConsent = new Set([
  'consent_missing',
  'app_removed',
  'app_refused',
  'role_missing',
  'service_missing',
])

/** @returns the reason why nothing was connected, as an error to throw */
/**
 * The tags of a tenant that the actor connects: with one of the actor's own
 * where it would not be seen afterwards.
 *
 * @throws AppError `forbidden` for whoever sees listed tenants only, and not this one
 */
function tagsWithin(actor: Actor, tenantId: string, asked: string[]): string[] {
  if (actor.tenants === 'all' || sees(actor, { id: tenantId, tags: asked })) return asked
  if (actor.tenants.tags.length > 0) return readTags(withOwnTags(actor, asked))
  throw new AppError('forbidden', 'you see listed tenants only, and this is none of them', {
    remedy: 'Ask an administrator who sees every tenant to connect it, or to add it to your list.',
  })
}

/** Who is limited learns of a tenant that they do not see what they would of one that nobody connected. */
function notConsented(actor: Actor, { failure }: Decision): Error {
  if (failure && !curedByConsent.has(failure.code)) return new RemoteError(failure)
  if (isLimited(actor)) {
    return new AppError('consent_missing', 'no consent of this tenant was found that you may use', {
      remedy:
        'Invite the customer, whose administrator then approves; or ask an administrator who sees every tenant.',
    })
  }
  return new AppError('consent_missing', failure?.message ?? 'this tenant has not consented', {
    remedy: 'Send the customer an invitation; right after an approval, wait a few minutes and try again.',
    details: failure ? { cause: failure.code } : {},
    cause: failure ? new RemoteError(failure) : undefined,
  })
}
