import type { Audit } from '../audit/audit.ts'
import { failureDetail } from '../audit/failure-detail.ts'
import type { Transaction } from '../audit/store.ts'
import { findInvitationsAwaiting, moveInvitation } from '../invitations/store.ts'
import { roleChange } from '../microsoft/roles/role-comparison.ts'
import type { Actor } from '../tenants/actor.ts'
import {
  errorColumns,
  writeSurfaceFailure,
  writeSurfaceSuccess,
  writeSurfaceUnused,
} from '../tenants/health/health-store.ts'
import { addTenantEvent, type TenantChange, type TenantRecord, updateTenant } from '../tenants/store.ts'
import type { Decision } from './decision.ts'
import type { SurfaceObservation } from './observation.ts'

/** What the caller adds: when to look again, how the run goes on. */
export type Continuation = Pick<TenantChange, 'verificationNextAt' | 'verificationAttempts' | 'nextCheckAt'>

/**
 * Writes what a look at a tenant came to: the row, its surfaces, the timeline
 * with old and new roles, the links that waited for it, and the audit of a
 * change of state.
 *
 * @returns false when a newer verification began meanwhile: nothing was written
 */
export async function applyDecision(
  tx: Transaction,
  audit: Audit,
  actor: Actor,
  tenant: TenantRecord,
  observations: readonly SurfaceObservation[],
  decision: Decision,
  continuation: Continuation,
  at: Date,
): Promise<boolean> {
  const change = decision.settled ? roleChange(tenant.rolesGranted, decision.rolesGranted) : null
  // A tenant that becomes usable is verified, even while later checks go on.
  const isWell = isUsable(decision.status) && (decision.settled || !isUsable(tenant.status))

  const count = await updateTenant(
    tx,
    tenant.id,
    {
      ...continuation,
      status: decision.status,
      ...(decision.keepsRoles
        ? {}
        : { rolesGranted: decision.rolesGranted, rolesMissing: decision.rolesMissing }),
      ...(change ? { rolesPrevious: tenant.rolesGranted, rolesChangedAt: at } : {}),
      ...(isWell && decision.consentSeen ? { verifiedAt: at } : {}),
    },
    { verificationRun: tenant.verificationRun },
  )
  if (count !== 1) return false

  for (const one of observations) await writeSurface(tx, tenant.id, one, at)
  // After the surfaces: each of them writes its own failure as the tenant's last.
  await updateTenant(tx, tenant.id, errorColumns(decision.failure, at))

  if (change && tenant.verifiedAt !== null) {
    await addTenantEvent(tx, tenant.id, {
      type: 'roles_changed',
      detail: changeWords(change),
      data: { ...change, from: tenant.rolesGranted, to: decision.rolesGranted },
      at,
    })
  }
  if (decision.settled || isWell) await settleInvitations(tx, tenant.id, decision, at)
  if (decision.status !== tenant.status) {
    const detail = decision.failure?.message ?? null
    await addTenantEvent(tx, tenant.id, {
      type: decision.status,
      detail,
      data: { from: tenant.status, code: decision.failure?.code, rolesMissing: decision.rolesMissing },
      at,
    })
    await audit.record(
      {
        actor,
        action: `tenant.${decision.status}`,
        tenantId: tenant.id,
        tenantName: tenant.name,
        detail: {
          from: tenant.status,
          rolesMissing: decision.rolesMissing,
          ...(decision.failure ? failureDetail(decision.failure) : {}),
        },
      },
      tx,
    )
  }
  return true
}

function isUsable(status: string): boolean {
  return status === 'connected' || status === 'degraded'
}

async function writeSurface(
  tx: Transaction,
  tenantId: string,
  one: SurfaceObservation,
  at: Date,
): Promise<void> {
  const failure = one.tokenFailure ?? one.callFailure
  if (failure) await writeSurfaceFailure(tx, tenantId, one.surface, failure, at)
  else if ((one.roles?.length ?? 0) > 0) await writeSurfaceSuccess(tx, tenantId, one.surface, at)
  else await writeSurfaceUnused(tx, tenantId, one.surface)
}

async function settleInvitations(
  tx: Transaction,
  tenantId: string,
  decision: Decision,
  at: Date,
): Promise<void> {
  const isWell = isUsable(decision.status)
  // A bad minute at Microsoft decides nothing about a link.
  if (!isWell && !decision.failure?.permanent) return
  for (const { id } of await findInvitationsAwaiting(tx, tenantId)) {
    await moveInvitation(
      tx,
      id,
      isWell
        ? {
            from: ['consented', 'failed'],
            to: 'verified',
            change: { endedAt: at },
            error: null,
            event: {
              type: 'verified',
              detail: decision.status === 'degraded' ? `missing: ${decision.rolesMissing.join(', ')}` : null,
            },
            at,
          }
        : {
            from: ['consented'],
            to: 'failed',
            error: decision.failure,
            event: { type: 'failed', detail: decision.failure?.message ?? null },
            at,
          },
    )
  }
}

function changeWords({ added, removed }: { added: string[]; removed: string[] }): string {
  return [
    added.length > 0 ? `granted: ${added.join(', ')}` : '',
    removed.length > 0 ? `removed: ${removed.join(', ')}` : '',
  ]
    .filter(part => part !== '')
    .join('; ')
}
