import type { FastifyInstance } from 'fastify'
import type { ApiContext } from '../world.ts'
import { huntingRoutes } from './hunting-routes.ts'
import { incidentRoutes } from './incident-routes.ts'

/** The Defender XDR API: incidents and hunting. */
export async function defenderRoutes(app: FastifyInstance, { context }: { context: ApiContext }) {
  app.register(incidentRoutes, { context })
  app.register(huntingRoutes, { context })
}
