import type { FastifyInstance } from 'fastify'
import type { Services } from '../../services.ts'
import { problemDocuments } from '../errors/error-handler.ts'
import { keyActors } from '../plugins/access/actors.ts'
import { knownParameters } from '../plugins/requests/known-parameters.ts'
import { keyApi } from './api-keys.ts'
import { approvalApi } from './approvals.ts'
import { auditApi } from './audit.ts'
import { deviceApi } from './devices/devices.ts'
import { huntApi } from './hunts.ts'
import { incidentEventApi } from './incidents/incident-events.ts'
import { incidentApi } from './incidents/incidents.ts'
import { sightingApi } from './incidents/sightings.ts'
import { invitationApi } from './invitations.ts'
import { notificationApi } from './notifications.ts'
import { queryApi } from './queries.ts'
import { ruleApi } from './rules/rules.ts'
import { scheduleRunApi } from './schedules/schedule-runs.ts'
import { scheduleApi } from './schedules/schedules.ts'
import { staffApi } from './staff.ts'
import { suspensionApi } from './suspension.ts'
import { tenantApi } from './tenants.ts'
import { webhookApi } from './webhooks.ts'

/**
 * The JSON API: keys instead of cookies, JSON and nothing else, and problem
 * documents for whatever goes wrong, unknown addresses included.
 */
export async function apiRoutes(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(problemDocuments)
  app.removeContentTypeParser('text/plain')

  await app.register(
    async api => {
      await api.register(keyActors, services)
      api.limitCredentials(api)
      await api.register(knownParameters)
      await api.register(invitationApi, services)
      await api.register(tenantApi, services)
      await api.register(suspensionApi, services)
      await api.register(deviceApi, services)
      await api.register(incidentApi, services)
      await api.register(incidentEventApi, services)
      await api.register(sightingApi, services)
      await api.register(huntApi, services)
      await api.register(queryApi, services)
      await api.register(scheduleApi, services)
      await api.register(scheduleRunApi, services)
      await api.register(notificationApi, services)
      await api.register(ruleApi, services)
      await api.register(webhookApi, services)
      await api.register(auditApi, services)
      await api.register(staffApi, services)
      await api.register(keyApi, services)
      await api.register(approvalApi, services)
    },
    { prefix: '/v1' },
  )

  app.get('/openapi.json', { config: { act: 'public' } }, async (_request, reply) =>
    reply.send(app.swagger()),
  )
}
