import { AppError } from '../errors.ts'
import type { Actor, StaffRole } from '../tenants/actor.ts'
import type { TenantLimits } from '../tenants/limits.ts'
import { acts, may } from '../tenants/permissions.ts'

/** Whether the first limits hold no tenant beyond the second ones, now. */
export type IsWithin = (inner: TenantLimits, outer: TenantLimits) => Promise<boolean>

/**
 * Nobody gives more than they hold: neither tenants that they do not see nor
 * acts that they may not do.
 *
 * @throws AppError `forbidden`
 */
export async function requireHeld(
  isWithin: IsWithin,
  actor: Actor,
  given: { tenants: TenantLimits; role?: StaffRole; roles?: readonly StaffRole[] },
): Promise<void> {
  if (!(await isWithin(given.tenants, actor.tenants))) {
    throw new AppError('forbidden', 'nobody gives more than they hold: you see a part of the tenants', {
      remedy: 'Limit it to your own tags, or to tenants that you see; or ask somebody who sees every tenant.',
    })
  }
  if (!mayAll(actor, given)) {
    throw new AppError('forbidden', 'nobody gives more than they hold: you may not do all that this role may')
  }
}

/** Whether the holder may do all that the role, or roles, may. */
export function mayAll(holder: Actor, given: { role?: StaffRole; roles?: readonly StaffRole[] }): boolean {
  const wanted = { role: given.role ?? null, ...(given.roles ? { roles: given.roles } : {}) }
  return acts.every(act => !may(wanted, act) || may(holder, act))
}
