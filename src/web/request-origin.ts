import type { FastifyRequest } from 'fastify'
import type { RequestOrigin } from '../tenants/actor.ts'

/** Where a request came from, for the audit. */
export function originOf(request: FastifyRequest): RequestOrigin {
  return { address: request.ip, requestId: request.id }
}
