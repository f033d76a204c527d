import { type Failure, RemoteError } from '../errors.ts'
import type { Surface } from '../microsoft/clouds/clouds.ts'
import { compareRoles } from '../microsoft/roles/role-comparison.ts'
import { type RoleKey, roleKey, splitRole, surfaces } from '../microsoft/roles/roles.ts'

/** What one surface of one tenant answered: first the token, then a live call. */
export type SurfaceObservation = {
  surface: Surface
  /** Roles in the token; null when there is none. Empty: a token that carries none. */
  roles: RoleKey[] | null
  tokenFailure: Failure | null
  /** Not called, and null, when the token carries no role. */
  callFailure: Failure | null
}

export type Observe = (
  tenantId: string,
  requiredRoles: readonly RoleKey[],
  grantedBefore: readonly string[],
) => Promise<SurfaceObservation[]>

/**
 * Mints an app token past every cache and keeps it as the current one.
 *
 * @throws RemoteError, also when `tid`, `aud` or `exp` in the token are not right
 */
type AcquireFresh = (tenantId: string, surface: Surface) => Promise<{ roles: readonly string[] }>

/** One small read on a surface with the roles at hand; null when it answered as it should. */
type Probe = (tenantId: string, surface: Surface, roles: readonly string[]) => Promise<Failure | null>

/**
 * Looks at a tenant as it is now, past every cache: a token for each surface
 * that something is required or was granted on, and one live call with it.
 * When a required role is missing, the other surfaces are asked too, as its
 * counterpart may be granted there.
 *
 * It throws RemoteError `suspended` when nobody may be asked: that says nothing about the tenant.
 */
export function createObserve({
  acquireFresh,
  probe,
  available,
}: {
  acquireFresh: AcquireFresh
  probe: Probe
  /** Surfaces that the cloud offers. */
  available: readonly Surface[]
}): Observe {
  return async (tenantId, requiredRoles, grantedBefore) => {
    const isWanted = (surface: Surface) =>
      [...requiredRoles, ...grantedBefore].some(role => splitRole(role as RoleKey).surface === surface)
    const wanted = surfaces.filter(surface => available.includes(surface) && isWanted(surface))
    const others = surfaces.filter(surface => available.includes(surface) && !wanted.includes(surface))

    const seen = await Promise.all(wanted.map(surface => observeSurface(tenantId, surface)))
    const granted = seen.flatMap(one => one.roles ?? [])
    const hasToken = seen.some(one => one.roles !== null)
    if (!hasToken || compareRoles(requiredRoles, granted).missing.length === 0) return seen

    const further = await Promise.all(others.map(surface => observeSurface(tenantId, surface)))
    // Nothing is required there, so only what they grant counts, not that they refuse.
    return [...seen, ...further.filter(one => (one.roles?.length ?? 0) > 0)]
  }

  async function observeSurface(tenantId: string, surface: Surface): Promise<SurfaceObservation> {
    let roles: RoleKey[]
    try {
      const token = await acquireFresh(tenantId, surface)
      roles = token.roles.map(role => roleKey(surface, role))
    } catch (error) {
      return { surface, roles: null, tokenFailure: failureOf(error), callFailure: null }
    }
    const names = roles.map(role => splitRole(role).role)
    const callFailure = names.length > 0 ? await probe(tenantId, surface, names) : null
    if (callFailure?.code === 'suspended') throw new RemoteError(callFailure)
    return { surface, roles, tokenFailure: null, callFailure }
  }
}

/** @throws whatever is not a failure of the other side */
function failureOf(error: unknown): Failure {
  if (error instanceof RemoteError && error.failure.code !== 'suspended') return error.failure
  throw error
}
