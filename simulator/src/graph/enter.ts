import type { FastifyRequest } from 'fastify'
import type { TenantData } from '../data/tenant-data.ts'
import { tenantDataOf } from '../data/world-data.ts'
import type { ApiContext, Quota } from '../world.ts'
import type { About } from './respond.ts'

export type Entered = About & { data: TenantData }

/**
 * What every call of Graph security begins with: who, may they, is it licensed, how often.
 *
 * @throws ApiRefusal 401, 403, 429
 */
export function enter(context: ApiContext, request: FastifyRequest, roles: string[], quota: Quota): Entered {
  const caller = context.authenticate(request, 'graph')
  context.requireRoles(caller, 'graph', roles)
  const data = tenantDataOf(context.world, caller, 'graph')
  context.throttle(caller, 'graph', quota)
  return { caller, world: context.world, data }
}
