import type { FastifyInstance } from 'fastify'
import type { ApiContext } from '../world.ts'
import { alertRoutes } from './alert-routes.ts'
import { huntingRoutes } from './hunting-routes.ts'
import { incidentRoutes } from './incident-routes.ts'

/** Microsoft Graph security v1.0: incidents, alerts_v2 and hunting. */
export async function graphRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  app.register(incidentRoutes, { context })
  app.register(alertRoutes, { context })
  app.register(huntingRoutes, { context })
}
