import type { AnnounceApproval } from '../approvals/news.ts'
import type { AnnounceBroken } from '../audit/verification/checks.ts'
import type { AnnounceConfirming } from '../consent/deps.ts'
import type { AnnounceCredential } from '../installation/credential-watch.ts'
import type { Database } from '../platform/database/index.ts'
import type { AnnounceSuspension } from '../suspension/news.ts'
import type { Notifications } from './notifications.ts'

type Deps = { db: Database; announce: Notifications['announce']; publicUrl: string }

/** Who sees every tenant, and webhooks that may know of all: what belongs to no tenant is for them alone. */
const everywhere = '*'

/** Tells that somebody waits for staff to confirm an open link. */
export function createConfirmingNews({ announce, publicUrl }: Omit<Deps, 'db'>): AnnounceConfirming {
  return (tx, { invitationId, customerName, signedIn, tenantId, at }) => {
    const title = `${signedIn} signed in through the open link for ${customerName} and waits for confirmation`
    const href = `/invitations/${invitationId}`
    return announce(tx, {
      kind: 'confirming',
      title,
      href,
      eventFor: isVisible =>
        isVisible(everywhere)
          ? {
              type: 'invitation.confirming',
              at: at.toISOString(),
              summary: title,
              url: `${publicUrl}${href}`,
              invitation: { id: invitationId, customerName },
              signedIn,
              tenantId,
            }
          : null,
    })
  }
}

/** Tells that the kill switch was thrown, or taken back. */
export function createSuspensionNews({ announce, publicUrl }: Omit<Deps, 'db'>): AnnounceSuspension {
  return (tx, { kind, tenantId, tenantName, reason, by, at }) => {
    const what = tenantId === null ? 'All calls to customers' : `Calls to ${tenantName}`
    const title =
      kind === 'suspended' ? `${what} are suspended by ${by}: ${reason}` : `${what} go out again (${by})`
    const href = tenantId === null ? '/settings/suspension' : `/tenants/${tenantId}`
    return announce(tx, {
      kind: 'suspension',
      title,
      href,
      ...(tenantId === null ? {} : { tenantId }),
      eventFor: isVisible =>
        isVisible(tenantId ?? everywhere)
          ? {
              type: kind === 'suspended' ? 'suspension.started' : 'suspension.ended',
              at: at.toISOString(),
              summary: title,
              url: `${publicUrl}${href}`,
              tenant: tenantId === null ? null : { tenantId, name: tenantName ?? tenantId },
              reason,
              by,
            }
          : null,
    })
  }
}

/** Tells that an act waits for a second person: to those who see the tenant, or all of them. */
export function createApprovalNews({ announce, publicUrl }: Omit<Deps, 'db'>): AnnounceApproval {
  return (tx, { id, act, summary, askerLabel, tenantIds, expiresAt, createdAt }) => {
    const tenantId = tenantIds.length === 1 ? tenantIds[0] : undefined
    const title = `${askerLabel} asks for a second person: ${summary}`
    return announce(tx, {
      kind: 'approval',
      title,
      href: '/approvals',
      ...(tenantId ? { tenantId } : {}),
      eventFor: isVisible =>
        isVisible(tenantId ?? everywhere)
          ? {
              type: 'approval.requested',
              at: createdAt.toISOString(),
              summary: title,
              url: `${publicUrl}/approvals`,
              approval: { id, act, askedBy: askerLabel, expiresAt: expiresAt.toISOString() },
            }
          : null,
    })
  }
}

/** Tells that a credential of the registration nears its end. */
export function createCredentialNews({ db, announce, publicUrl }: Deps): AnnounceCredential {
  return async ({ credential, expiresAt, isOver, at }) => {
    const title = isOver
      ? `The ${credential} has expired`
      : `The ${credential} expires on ${expiresAt.toISOString().slice(0, 10)}`
    const href = '/settings'
    const send = await db.$transaction(tx =>
      announce(tx, {
        kind: 'credential',
        title,
        href,
        eventFor: isVisible =>
          isVisible(everywhere)
            ? {
                type: isOver ? 'credential.expired' : 'credential.expiring',
                at: at.toISOString(),
                summary: title,
                url: `${publicUrl}${href}`,
                credential,
                expiresAt: expiresAt.toISOString(),
              }
            : null,
      }),
    )
    await send()
  }
}

/** Tells that verification found the audit changed. */
export function createAuditNews({ db, announce, publicUrl }: Deps): AnnounceBroken {
  return async ({ check: { firstBroken }, at }) => {
    if (!firstBroken) return
    const title = `The audit does not hold from event ${firstBroken.id} on: ${firstBroken.reason.replaceAll('_', ' ')}`
    const href = '/audit'
    const send = await db.$transaction(tx =>
      announce(tx, {
        kind: 'audit',
        title,
        href,
        eventFor: isVisible =>
          isVisible(everywhere)
            ? {
                type: 'audit.broken',
                at: at.toISOString(),
                summary: title,
                url: `${publicUrl}${href}`,
                firstBroken,
              }
            : null,
      }),
    )
    await send()
  }
}
