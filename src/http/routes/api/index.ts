import type { FastifyInstance } from 'fastify'
import type { Services } from '../../../services.ts'
import { requireActor } from '../../plugins/actors.ts'
import { auditApi } from './audit.ts'
import { deviceApi } from './devices.ts'
import { huntApi } from './hunts.ts'
import { incidentApi } from './incidents.ts'
import { invitationApi } from './invitations.ts'
import { notificationApi } from './notifications.ts'
import { readOperations } from './operations.ts'
import { queryApi } from './queries.ts'
import { scheduleRunApi } from './schedule-runs.ts'
import { scheduleApi } from './schedules.ts'
import { tenantApi } from './tenants.ts'
import { webhookApi } from './webhooks.ts'

/** The JSON API and its own description. */
export async function apiRoutes(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(
    async api => {
      // Before the schema: whoever may not ask learns nothing about what is asked right.
      api.addHook('onRequest', async request => {
        requireActor(request)
      })
      await api.register(invitationApi, services)
      await api.register(tenantApi, services)
      await api.register(deviceApi, services)
      await api.register(incidentApi, services)
      await api.register(huntApi, services)
      await api.register(queryApi, services)
      await api.register(scheduleApi, services)
      await api.register(scheduleRunApi, services)
      await api.register(notificationApi, services)
      await api.register(webhookApi, services)
      await api.register(auditApi, services)
    },
    { prefix: '/api/v1' },
  )

  app.get('/api/openapi.json', async (_request, reply) => reply.send(app.swagger()))

  app.get('/api', async (_request, reply) =>
    reply.page(
      '/api/index',
      { title: 'JSON API' },
      { operations: readOperations(app.swagger()), publicUrl: services.publicUrl },
    ),
  )
}
