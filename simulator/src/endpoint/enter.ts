import type { FastifyRequest } from 'fastify'
import type { TenantData } from '../data/tenant-data.ts'
import { tenantDataOf } from '../data/world-data.ts'
import type { About } from '../defender/respond.ts'
import type { ApiContext, Quota } from '../world.ts'

export type EndpointRoutes = {
  context: ApiContext
  /** `/api`, or `/api/v1.0` for callers that name the version */
  base: string
}

export type Entered = About & { data: TenantData }

/**
 * What every call of Defender for Endpoint begins with: who, may they, is it licensed, how often.
 *
 * @param destination the call; published rates are kept for each
 * @throws ApiRefusal 401, 403, 429
 */
export function enter(
  context: ApiContext,
  request: FastifyRequest,
  roles: string[],
  quota: Quota,
  destination: string,
): Entered {
  const caller = context.authenticate(request, 'endpoint')
  context.requireRoles(caller, 'endpoint', roles)
  const data = tenantDataOf(context.world, caller, 'endpoint')
  context.throttle(caller, 'endpoint', quota, destination)
  return { caller, world: context.world, surface: 'endpoint', data }
}
