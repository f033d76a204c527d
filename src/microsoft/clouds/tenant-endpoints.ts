import { LRUCache } from 'lru-cache'
import { AppError, RemoteError } from '../../errors.ts'
import type { Surface } from './clouds.ts'
import type { Endpoints } from './endpoints.ts'

/** The hosts at which a tenant has a surface. */
export type EndpointsOf = (tenantId: string, surface: Surface) => Promise<Endpoints>

/**
 * Finds the hosts of each tenant. They differ from the installation's own only
 * for tenants of another cloud behind the same login, and there for Defender
 * alone: GCC within the commercial cloud, and the other way round.
 *
 * @param stored the cloud in the tenant's row; null before it has one
 * @param discover asks Entra
 */
export function createEndpointsOf(deps: {
  endpoints: Endpoints
  stored: (tenantId: string) => Promise<string | null>
  discover: (tenantId: string) => Promise<{ cloud: string }>
}): EndpointsOf {
  const { endpoints, stored, discover } = deps
  const known = new LRUCache<string, string>({ max: 50_000 })

  async function findCloud(tenantId: string): Promise<string | null> {
    const cloud = await stored(tenantId)
    if (cloud !== null) return cloud
    try {
      return (await discover(tenantId)).cloud
    } catch (error) {
      // The call that asks will meet the same trouble, and names it better.
      if (error instanceof AppError || error instanceof RemoteError) return null
      throw error
    }
  }

  return async (tenantId, surface) => {
    if (surface === 'graph' || endpoints.served.length === 1) return endpoints
    const cloud = known.get(tenantId) ?? (await findCloud(tenantId))
    if (cloud === null) return endpoints
    known.set(tenantId, cloud)
    return endpoints.inCloud(cloud)
  }
}
