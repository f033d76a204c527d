import type { Surface } from '../clouds/clouds.ts'
import { AppError } from '../errors.ts'
import { type Capability, rolesFor, surfaceFor } from '../tenants/capabilities.ts'

/**
 * The surface that serves a capability in a tenant.
 *
 * @param roles the tenant's granted roles, as `surface:Role`
 * @throws AppError `role_missing` naming the role to ask for
 */
export function chooseSurface(roles: readonly string[], capability: Capability): Surface {
  const surface = surfaceFor(roles, capability)
  if (surface !== null) return surface
  throw roleMissing(rolesFor(capability))
}

/** @param needs any one of these would do; the first is the one to ask for */
export function roleMissing(needs: readonly string[], why = 'the customer has not granted what this needs') {
  const [wanted = ''] = needs
  return new AppError('role_missing', `${why}: ${wanted}`, {
    remedy: `Send the customer a new consent link so that ${wanted} is approved with the rest.`,
    details: { needs: [...needs] },
  })
}
