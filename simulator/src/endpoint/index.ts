import type { FastifyInstance } from 'fastify'
import type { ApiContext } from '../world.ts'
import { actionRoutes } from './action-routes.ts'
import { alertRoutes } from './alert-routes.ts'
import { huntingRoutes } from './hunting-routes.ts'
import { machineRoutes } from './machine-routes.ts'

/** The Defender for Endpoint API, under `/api` and under `/api/v1.0`: machines, actions, alerts, hunting. */
export async function endpointRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  for (const base of ['/api', '/api/v1.0']) {
    app.register(machineRoutes, { context, base })
    app.register(actionRoutes, { context, base })
    app.register(alertRoutes, { context, base })
    app.register(huntingRoutes, { context, base })
  }
}
