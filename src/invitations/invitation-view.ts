import { approvers } from '../consent/approvers.ts'
import { waitingProof } from '../consent/confirmation.ts'
import type { ConsentProof } from '../consent/proof.ts'
import { type Failure, readStoredFailure } from '../errors.ts'
import { compareRoles, satisfies } from '../microsoft/roles/role-comparison.ts'
import { describeForCustomer, type RoleKey, splitRole } from '../microsoft/roles/roles.ts'
import type { Actor } from '../tenants/actor.ts'
import { type Contact, readStoredContact } from '../tenants/contact.ts'
import { may } from '../tenants/permissions.ts'
import type { InvitationStatus } from './invitation-status.ts'
import { joinToken } from './link-token.ts'
import { isOverdue } from './reminder.ts'
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
  /** Null for whoever may not make links. */
  joinUrl: string | null
  createdAt: string
  createdBy: string
  expiresAt: string
  lastError: Failure | null
  /** Who signed in through an open link and waits for staff. */
  proof: Omit<ConsentProof, 'at'> | null
  /** What the tenant is tagged with when it connects. */
  tags: string[]
  /** Whom to ask at the customer. */
  contact: Contact | null
  /** When staff want to be reminded; null: never. */
  remindAt: string | null
  /** When the contact was last mailed a reminder. */
  remindedAt: string | null
  /** The customer should have used it by now. */
  overdue: boolean
  events: { at: string; type: string; detail: string | null }[]
}

export type LinkDeps = { key: Buffer; publicUrl: string }

/** The customer's link. Whoever has it can start a consent, so it goes to those who make links and to the customer only. */
export function joinUrl({ key, publicUrl }: LinkDeps, invitationId: string): string {
  return `${publicUrl}/join/${joinToken(key, invitationId)}`
}

/** The link as somebody may see it. */
export function linkFor(actor: Actor, deps: LinkDeps, invitationId: string): string | null {
  return may(actor, 'invitation.read-links') ? joinUrl(deps, invitationId) : null
}

/** @param actor whose view it is */
export function toInvitationView(
  invitation: InvitationRecord,
  deps: LinkDeps,
  actor: Actor,
  now: Date = new Date(),
): InvitationView {
  return {
    id: invitation.id,
    customerName: invitation.customer.name,
    tenantId: invitation.tenantId ?? invitation.pinnedTenantId,
    tenantDomain: invitation.tenant?.domain ?? invitation.pinnedDomain,
    status: invitation.status as InvitationStatus,
    purpose: invitation.purpose === 'reconsent' ? 'reconsent' : 'consent',
    joinUrl: linkFor(actor, deps, invitation.id),
    createdAt: invitation.createdAt.toISOString(),
    createdBy: invitation.createdByLabel,
    expiresAt: invitation.expiresAt.toISOString(),
    lastError: readStoredFailure(invitation.lastError),
    proof: waitingProof(invitation),
    tags: invitation.tags,
    contact: readStoredContact(invitation.contact),
    remindAt: invitation.remindAt?.toISOString() ?? null,
    remindedAt: invitation.remindedAt?.toISOString() ?? null,
    overdue: isOverdue(invitation, now),
    events: invitation.events.map(({ at, type, detail }) => ({ at: at.toISOString(), type, detail })),
  }
}

type PermissionWords = ReturnType<typeof describeForCustomer>

/** A permission with the weaker ones of the same product that are asked for beside it, by Microsoft's names. */
type PermissionLine = PermissionWords & { includes: string[] }

/** What only reads, what changes incidents and alerts, and what does something on devices or is not known. */
export type PermissionGroups = { read: PermissionLine[]; triage: PermissionLine[]; respond: PermissionLine[] }

/** What the customer's page shows before anybody has signed in. */
export type CustomerPage = {
  customerName: string
  /** Domain or GUID the link is pinned to. */
  organization: string | null
  purpose: 'consent' | 'reconsent'
  expiresAt: string
  /** Somebody set out for Microsoft with this link, and no answer has come back. */
  hasSetOut: boolean
  /** Everything that is asked for. */
  permissions: PermissionGroups
  /** For a renewed consent: only what is new; null when everything is. */
  changes: { added: PermissionGroups; unchanged: PermissionWords[] } | null
  /** Directory roles of which any one can approve. */
  approvers: string[]
}

/**
 * @param granted what the pinned tenant has granted so far; shown only as the
 *   difference, and only for links that renew a consent
 */
export function toCustomerPage(
  invitation: InvitationRecord,
  askedRoles: readonly RoleKey[],
  granted: readonly RoleKey[] | null,
): CustomerPage {
  const isRenewal = invitation.purpose === 'reconsent' && granted !== null
  const missing: readonly RoleKey[] = isRenewal ? compareRoles(askedRoles, granted).missing : []
  return {
    customerName: invitation.customer.name,
    organization: invitation.pinnedDomain ?? invitation.pinnedTenantId,
    purpose: invitation.purpose === 'reconsent' ? 'reconsent' : 'consent',
    expiresAt: invitation.expiresAt.toISOString(),
    hasSetOut: invitation.status === 'started',
    permissions: byEffect(askedRoles),
    changes: isRenewal
      ? {
          added: byEffect(missing),
          unchanged: askedRoles.filter(role => !missing.includes(role)).map(describeForCustomer),
        }
      : null,
    approvers: approvers(askedRoles),
  }
}

/** By the names that Microsoft gives them; whatever does not end in Read counts as acting. */
function byEffect(roles: readonly RoleKey[]): PermissionGroups {
  const groups: PermissionGroups = { read: [], triage: [], respond: [] }
  for (const role of roles) {
    if (roles.some(other => includes(other, role))) continue
    const weaker = roles.filter(other => includes(role, other)).map(other => splitRole(other).role)
    groups[effectOf(role)].push({ ...describeForCustomer(role), includes: weaker })
  }
  return groups
}

function effectOf(role: RoleKey): keyof PermissionGroups {
  if (/\.Read(\.All)?$/.test(role)) return 'read'
  return /incident|alert/i.test(role) ? 'triage' : 'respond'
}

/** Whether one permission is the other and more, of the same product. */
function includes(stronger: RoleKey, weaker: RoleKey): boolean {
  const isSameProduct = splitRole(stronger).surface === splitRole(weaker).surface
  return isSameProduct && satisfies(stronger, weaker) && !satisfies(weaker, stronger)
}
