import { compareRoles } from '../tenants/role-comparison.ts'
import { describeForCustomer, type RoleKey } from '../tenants/roles.ts'
import { type FailureView, toFailureView } from '../tenants/view.ts'
import { approvers } from './approvers.ts'
import type { InvitationStatus } from './invitation-status.ts'
import { joinToken } from './secrets.ts'
import type { InvitationRecord } from './store.ts'

/** Contract shape of an invitation in the JSON API; times are ISO 8601 UTC. */
export type InvitationView = {
  id: string
  customerName: string
  /** Proven or pinned tenant, null while neither is known. */
  tenantId: string | null
  tenantDomain: string | null
  status: InvitationStatus
  purpose: 'consent' | 'reconsent'
  joinUrl: string
  createdAt: string
  createdBy: string
  expiresAt: string
  lastError: FailureView | null
  events: { at: string; type: string; detail: string | null }[]
}

export type LinkParts = { key: Buffer; publicUrl: string }

/** The customer's link. Whoever has it can start the journey, so it goes to staff and to the customer only. */
export function joinUrl({ key, publicUrl }: LinkParts, invitationId: string): string {
  return `${publicUrl}/join/${joinToken(key, invitationId)}`
}

export function toInvitationView(invitation: InvitationRecord, parts: LinkParts): InvitationView {
  return {
    id: invitation.id,
    customerName: invitation.customer.name,
    tenantId: invitation.tenantId ?? invitation.pinnedTenantId,
    tenantDomain: invitation.tenant?.domain ?? invitation.pinnedDomain,
    status: invitation.status as InvitationStatus,
    purpose: invitation.purpose === 'reconsent' ? 'reconsent' : 'consent',
    joinUrl: joinUrl(parts, invitation.id),
    createdAt: invitation.createdAt.toISOString(),
    createdBy: invitation.createdByLabel,
    expiresAt: invitation.expiresAt.toISOString(),
    lastError: toFailureView(invitation.lastError),
    events: invitation.events.map(({ at, type, detail }) => ({ at: at.toISOString(), type, detail })),
  }
}

type PermissionWords = ReturnType<typeof describeForCustomer>

/** What the customer's page shows before anybody has signed in. */
export type CustomerPage = {
  customerName: string
  /** Domain or GUID the link is pinned to. */
  organization: string | null
  purpose: 'consent' | 'reconsent'
  expiresAt: string
  /** Somebody set out for Microsoft with this link, and no answer has come back. */
  hasSetOut: boolean
  /** Everything that is asked for: what only reads, and what changes or does something. */
  permissions: { reading: PermissionWords[]; acting: PermissionWords[] }
  /** For a renewed consent: only what is new; null when everything is. */
  changes: { added: CustomerPage['permissions']; unchanged: PermissionWords[] } | null
  /** Directory roles of which any one can approve. */
  approvers: string[]
}

/**
 * @param granted what the pinned tenant has granted so far; shown only as the
 *   difference, and only for links that renew a consent
 */
export function toCustomerPage(
  invitation: InvitationRecord,
  requiredRoles: readonly RoleKey[],
  granted: readonly RoleKey[] | null,
): CustomerPage {
  const isRenewal = invitation.purpose === 'reconsent' && granted !== null
  const missing: readonly RoleKey[] = isRenewal ? compareRoles(requiredRoles, granted).missing : []
  return {
    customerName: invitation.customer.name,
    organization: invitation.pinnedDomain ?? invitation.pinnedTenantId,
    purpose: invitation.purpose === 'reconsent' ? 'reconsent' : 'consent',
    expiresAt: invitation.expiresAt.toISOString(),
    hasSetOut: invitation.status === 'started',
    permissions: byEffect(requiredRoles),
    changes: isRenewal
      ? {
          added: byEffect(missing),
          unchanged: requiredRoles.filter(role => !missing.includes(role)).map(describeForCustomer),
        }
      : null,
    approvers: approvers(requiredRoles),
  }
}

/** By the names that Microsoft gives them; whatever does not end in Read counts as acting. */
function byEffect(roles: readonly RoleKey[]): CustomerPage['permissions'] {
  const isReading = (role: RoleKey) => /\.Read(\.All)?$/.test(role)
  return {
    reading: roles.filter(isReading).map(describeForCustomer),
    acting: roles.filter(role => !isReading(role)).map(describeForCustomer),
  }
}
