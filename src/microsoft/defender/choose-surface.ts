import type { RemoteError } from '../../errors.ts'
import type { Surface } from '../clouds/clouds.ts'
import { roleMissing } from '../failures/role-missing.ts'
import { type Capability, rolesFor, surfaceFor } from '../roles/capabilities.ts'

/**
 * The surface that serves a capability in a tenant.
 *
 * @param roles the tenant's granted roles, as `surface:Role`
 * @throws RemoteError `role_missing` naming the role to ask for
 */
export function chooseSurface(roles: readonly string[], capability: Capability): Surface {
  const surface = surfaceFor(roles, capability)
  if (surface !== null) return surface
  throw capabilityMissing(capability)
}

/** @throws RemoteError `role_missing` when no surface serves it in the tenant */
export function requireCapability(roles: readonly string[], capability: Capability): void {
  chooseSurface(roles, capability)
}

/** Nothing that the customer granted opens this. */
export function capabilityMissing(capability: Capability): RemoteError {
  return roleMissing(rolesFor(capability))
}
