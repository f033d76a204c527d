import type { Audit } from '../audit/audit.ts'
import { readStoredFailure } from '../errors.ts'
import { namedFailure } from '../microsoft/failures/named-failure.ts'
import { compareRoles } from '../microsoft/roles/role-comparison.ts'
import type { RoleKey } from '../microsoft/roles/roles.ts'
import type { Database } from '../platform/database/index.ts'
import { systemActor } from '../tenants/actor.ts'
import { errorColumns } from '../tenants/health/health-store.ts'
import { addTenantEvent, type TenantRecord, updateTenant } from '../tenants/store.ts'
import { findTenantsAfter } from './check-store.ts'

/**
 * Compares what every tenant granted with the roles required now. A role added
 * to the set marks each tenant that lacks it, one taken out clears it; nothing
 * is asked of Microsoft. Call at the start.
 *
 * @returns how many tenants changed
 */
export async function recomputeMissing(
  { db, audit, now = () => new Date() }: { db: Database; audit: Audit; now?: () => Date },
  requiredRoles: readonly RoleKey[],
): Promise<number> {
  let changed = 0
  let last: string | null = null
  for (;;) {
    const batch: TenantRecord[] = await findTenantsAfter(db, last, 500)
    for (const tenant of batch) {
      // A tenant that never had a good token has nothing to compare yet.
      if (tenant.verifiedAt !== null && (await recomputeTenant(db, tenant, requiredRoles, now())))
        changed += 1
    }
    const end = batch.at(-1)
    if (!end) break
    last = end.id
  }
  if (changed > 0) {
    const detail = { required: requiredRoles, tenants: changed }
    await audit.record({ actor: systemActor, action: 'required_roles.changed', detail })
  }
  return changed
}

async function recomputeTenant(
  db: Database,
  tenant: TenantRecord,
  required: readonly RoleKey[],
  at: Date,
): Promise<boolean> {
  const { missing } = compareRoles(required, tenant.rolesGranted as RoleKey[])
  if (missing.join() === tenant.rolesMissing.join()) return false

  const hadOnlyRoleTrouble = readStoredFailure(tenant.lastError)?.code === 'role_missing'
  const isDegraded = missing.length > 0 && tenant.status === 'connected'
  const isCured = missing.length === 0 && tenant.status === 'degraded' && hadOnlyRoleTrouble
  const failure = namedFailure('role_missing', {
    service: 'entra',
    message: `The tenant has not granted ${missing.join(', ')}, which ${missing.length > 1 ? 'are' : 'is'} required now.`,
    remedy: 'Send the customer a new consent link; it shows only what changes.',
    at,
  })
  return db.$transaction(async tx => {
    const count = await updateTenant(
      tx,
      tenant.id,
      {
        rolesMissing: missing,
        ...(isDegraded ? { status: 'degraded' } : isCured ? { status: 'connected' } : {}),
        ...(isDegraded ? errorColumns(failure, at) : isCured ? errorColumns(null, at) : {}),
      },
      // A check that runs at the same time knows better.
      { status: tenant.status, rolesGranted: { equals: tenant.rolesGranted } },
    )
    if (count !== 1) return false
    await addTenantEvent(tx, tenant.id, {
      type: 'required_roles_changed',
      detail: missing.length > 0 ? `missing now: ${missing.join(', ')}` : 'nothing is missing any more',
      data: { from: tenant.rolesMissing, to: missing },
      at,
    })
    return true
  })
}
