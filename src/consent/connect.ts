import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/index.ts'
import { AppError, RemoteError } from '../errors.ts'
import { type Actor, requireAct, sees } from '../tenants/actor.ts'
import { customerNameKey, readCustomerName } from '../tenants/customer-name.ts'
import type { RoleKey } from '../tenants/roles.ts'
import {
  addTenantEvent,
  createTenantIfAbsent,
  ensureCustomer,
  findTenant,
  type TenantRecord,
  updateTenant,
} from '../tenants/store.ts'
import { readTags } from '../tenants/tags.ts'
import { applyDecision } from './apply-decision.ts'
import { type Decision, decide } from './decision.ts'
import { liveStatuses } from './invitation-status.ts'
import { tenantTaken } from './make-links.ts'
import type { Observe, SurfaceObservation } from './observation.ts'
import type { ResolvedTenant, ResolveTenant } from './parts.ts'
import { nextCheckDate } from './pauses.ts'
import { findInvitation, findPinnedInvitations, linkInvitation, moveInvitation } from './store.ts'
import type { Verification } from './verification.ts'

export type Connect = {
  /**
   * Connects a tenant that consented elsewhere, after the same token proof as
   * at the end of a link. A tenant that this customer has already is checked again.
   *
   * @param request `tenant`: GUID or domain; `name`: the customer's
   * @throws AppError `forbidden`, `invalid`, `tenant_not_found`, `wrong_cloud`,
   *   `tenant_taken`, `consent_missing`; RemoteError when Microsoft cannot be asked now
   */
  connectTenant(
    actor: Actor,
    request: { tenant: string; name: string; tags?: readonly string[] },
  ): Promise<TenantRecord>
  /**
   * Looks whether the tenant of a pinned link has consented although no answer
   * came back, as when only the redirect failed (AADSTS500113).
   *
   * @throws as `connectTenant`; AppError `invalid` when the link is not pinned, `not_found`
   */
  checkInvitation(actor: Actor, invitationId: string): Promise<TenantRecord>
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
    tags: string[],
    observations: SurfaceObservation[],
    decision: Decision,
  ): Promise<TenantRecord> {
    const at = now()
    const { tenantId } = resolved
    return db.$transaction(async tx => {
      const customer = await ensureCustomer(tx, customerName, customerNameKey(customerName))
      const row = {
        id: tenantId,
        customerId: customer.id,
        name: customer.name,
        domain: resolved.domain,
        tags,
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
      await closeLinks(tx, customer.id, tenantId, at)
      await applyDecision(tx, audit, actor, tenant, observations, decision, { nextCheckAt }, at)
      const written = await findTenant(tx, tenantId)
      if (!written) throw new Error('a tenant vanished within the transaction that made it')
      return written
    })
  }

  /** Links that wait for this very tenant have found it. */
  async function closeLinks(
    tx: Parameters<typeof moveInvitation>[0],
    customerId: string,
    tenantId: string,
    at: Date,
  ) {
    for (const { id } of await findPinnedInvitations(tx, customerId, tenantId, liveStatuses)) {
      await linkInvitation(tx, id, tenantId)
      const event = { type: 'consented', detail: 'found by a check, without an answer to the link' }
      await moveInvitation(tx, id, { from: liveStatuses, to: 'consented', error: null, event, at })
    }
  }

  async function connectTenant(
    actor: Actor,
    request: { tenant: string; name: string; tags?: readonly string[] },
  ): Promise<TenantRecord> {
    requireAct(actor, 'manage-tenants')
    const customerName = readCustomerName(request.name)
    // Who is limited to tags would otherwise connect what it then cannot see.
    const tags = readTags([
      ...(request.tags ?? []),
      ...(sees(actor, { tags: [...(request.tags ?? [])] }) ? [] : actor.limitedToTags),
    ])
    const resolved = await resolveTenant(request.tenant.trim())
    const known = await findTenant(db, resolved.tenantId)
    if (known) {
      if (known.customer.nameKey !== customerNameKey(customerName) || !sees(actor, known)) throw tenantTaken()
      if (!known.domain && resolved.domain) await updateTenant(db, known.id, { domain: resolved.domain })
      return verification.verifyNow(actor, known.id)
    }

    const observations = await observe(resolved.tenantId, requiredRoles, [])
    const before = { status: 'verifying', rolesGranted: [], wasVerified: false } as const
    const decision = decide(requiredRoles, observations, before, false, now())
    if (!decision.consentSeen) throw notConsented(decision)
    return write(actor, customerName, resolved, tags, observations, decision)
  }

  return {
    connectTenant,

    async checkInvitation(actor, invitationId) {
      requireAct(actor, 'manage-tenants')
      const invitation = await findInvitation(db, invitationId, actor)
      if (!invitation) throw new AppError('not_found', 'there is no such invitation')
      const tenant = invitation.tenantId ?? invitation.pinnedTenantId
      if (!tenant) {
        throw new AppError('invalid', 'this link is not pinned to a tenant, so there is nothing to look at', {
          remedy: 'Ask the customer for a domain or tenant id and connect the tenant by it.',
        })
      }
      return connectTenant(actor, { tenant, name: invitation.customer.name })
    },
  }
}

const curedByConsent = new Set([
  'consent_missing',
  'app_removed',
  'app_refused',
  'role_missing',
  'service_missing',
])

/** @returns the reason why nothing was connected, as an error to throw */
function notConsented({ failure }: Decision): Error {
  if (failure && !curedByConsent.has(failure.code)) return new RemoteError(failure)
  return new AppError('consent_missing', failure?.message ?? 'this tenant has not consented', {
    remedy: 'Send the customer an invitation; right after an approval, wait a few minutes and try again.',
    details: failure ? { cause: failure.code, requestId: failure.requestId } : {},
  })
}
