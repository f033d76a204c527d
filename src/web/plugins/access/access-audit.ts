import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Occasions } from '../../../audit/occasions.ts'
import { AppError } from '../../../errors.ts'
import { readIncidentId, writeIncidentId } from '../../../incidents/incident-id.ts'
import { isGuid } from '../../../platform/guid.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { originOf } from '../../request-origin.ts'
import { bearerOf } from './actors.ts'

/** Where a whole incident is shown. */
const incidentRoutes = new Set(['/incidents/:id', '/api/v1/incidents/:id'])

/** Records who was refused what, and from where each API key is used. */
export const accessAudit = plugin(
  async (app: FastifyInstance, { occasions }: { occasions: Occasions }) => {
    app.addHook('onError', async (request, _reply, error) => {
      const refusal = refusalOf(request, error)
      if (!refusal) return
      // The answer is a refusal anyway: that it was not recorded is for the log.
      await occasions
        .refused(refusal)
        .catch(failure => request.log.error({ err: failure }, 'a refusal was not recorded'))
    })

    app.addHook('preHandler', async request => {
      if (request.actor?.kind === 'api-key') await occasions.keyUsed(request.actor)
    })

    app.addHook('onResponse', async (request, reply) => {
      const { actor, routeOptions, method } = request
      if (!actor || method !== 'GET' || reply.statusCode !== 200) return
      if (!incidentRoutes.has(routeOptions.url ?? '')) return
      const { id } = request.params as { id: string }
      const incident = readIncidentId(id)
      if (!incident) return
      await occasions
        .incidentRead(actor, {
          tenantId: incident.tenantId,
          id: writeIncidentId(incident.tenantId, incident.incidentId),
        })
        .catch(failure => request.log.error({ err: failure }, 'a read of an incident was not recorded'))
    })
  },
  { name: 'access-audit' },
)

function refusalOf(request: FastifyRequest, error: unknown) {
  if (!(error instanceof AppError)) return null
  const { method, routeOptions, actor } = request
  const route = `${method} ${routeOptions.url ?? 'unknown address'}`
  const act = routeOptions.config.act ?? null
  if (error.code === 'forbidden' && actor) {
    const { tenantId } = (request.params ?? {}) as { tenantId?: string }
    const about = tenantId && isGuid(tenantId) ? { tenantId: tenantId.toLowerCase() } : {}
    return { actor, action: 'act.refused', target: route, ...about, detail: { act, reason: error.message } }
  }
  const key = error.code === 'unauthenticated' ? bearerOf(request) : null
  if (key === null) return null
  return {
    actor: unknownActor('api-key', 'unknown API key', request),
    action: 'api-key.refused',
    target: route,
    // Tells whether it was the same key, and nothing of it.
    detail: {
      keyFingerprint: createHash('sha256').update(key).digest('hex').slice(0, 12),
      reason: error.message,
    },
  }
}

/** Somebody who did not show who they are. */
export function unknownActor(kind: Actor['kind'], label: string, request: FastifyRequest): Actor {
  return { kind, id: 'unknown', label, role: null, tenants: { tags: [], ids: [] }, from: originOf(request) }
}
