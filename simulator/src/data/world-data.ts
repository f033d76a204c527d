import { refuse } from '../refusal.ts'
import type { Caller, Surface, World } from '../world.ts'
import { HuntingThread } from './hunting/hunting-thread.ts'
import { HuntingDatabases } from './hunting-database.ts'
import { type TenantData, TenantDataSource } from './tenant-data.ts'

export type WorldData = { tenants: TenantDataSource; hunting: HuntingDatabases; queries: HuntingThread }

const kept = new WeakMap<World, WorldData>()

/** The data of one world, shared by its three API families. */
export function dataOf(world: World): WorldData {
  const known = kept.get(world)
  if (known) return known
  const made = {
    tenants: new TenantDataSource(world),
    hunting: new HuntingDatabases(),
    queries: new HuntingThread(),
  }
  kept.set(world, made)
  return made
}

/**
 * The data of the tenant that the token names.
 *
 * @throws ApiRefusal when the tenant is gone, or lacks the product: Graph says 403 not provisioned, the
 * Defender APIs say 401 with the account's mode
 */
export function tenantDataOf(world: World, caller: Caller, surface: Surface): TenantData {
  const data = dataOf(world).tenants.of(caller.tenantId)
  const licenses = data?.profile.licenses ?? []
  const isLicensed = surface === 'endpoint' ? licenses.includes('endpoint') : licenses.length > 0
  if (data && isLicensed) return data
  const about = { requestId: caller.requestId, now: world.now() }
  if (surface === 'graph') {
    const message = 'Unauthorized request - Account is not provisioned.'
    throw refuse(surface, { status: 403, code: 'Forbidden', message, ...about })
  }
  const message = 'Unauthorized request - reason of failure: Account mode is inactive'
  throw refuse(surface, { status: 401, code: 'Unauthorized', message, ...about })
}
