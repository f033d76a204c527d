import formbody from '@fastify/formbody'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Services } from '../services.ts'
import { loadAssets } from './assets.ts'
import { errorHandler } from './error-handler.ts'
import { actors } from './plugins/actors.ts'
import { assetRoutes } from './plugins/assets.ts'
import { measuring } from './plugins/measuring.ts'
import { openapi } from './plugins/openapi.ts'
import { pages } from './plugins/pages.ts'
import { security } from './plugins/security.ts'
import { sessions } from './plugins/sessions.ts'
import { apiRoutes } from './routes/api/index.ts'
import { auditRoutes } from './routes/audit.ts'
import { connectRoutes } from './routes/connect.ts'
import { consentRoutes } from './routes/consent.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { demoRoutes } from './routes/demo.ts'
import { deviceRoutes } from './routes/devices.ts'
import { healthRoutes } from './routes/health.ts'
import { huntRoutes } from './routes/hunts.ts'
import { invitationRoutes } from './routes/invitations.ts'
import { joinRoutes } from './routes/join.ts'
import { libraryRoutes } from './routes/library.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { readinessRoutes } from './routes/readiness.ts'
import { scheduleRoutes } from './routes/schedules.ts'
import { settingsRoutes } from './routes/settings.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { tenantDetailRoutes } from './routes/tenant.ts'
import { tenantHuntRoutes } from './routes/tenant-hunts.ts'
import { tenantIncidentRoutes } from './routes/tenant-incidents.ts'
import { tenantRoutes } from './routes/tenants.ts'
import { webhookRoutes } from './routes/webhooks.ts'

/** The whole web application, ready to listen or to be asked directly (`app.inject`). */
export async function createApp(services: Services): Promise<FastifyInstance> {
  const { config } = services
  const app = fastify({
    loggerInstance: services.log as FastifyBaseLogger,
    // A proxy in front is trusted to name the client, but only when it is on this machine.
    trustProxy: 'loopback',
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    requestTimeout: 60_000,
  })
  const { assets, assetUrl } = loadAssets()
  const https = config.publicUrl.startsWith('https:')

  await app.register(errorHandler)
  await app.register(measuring, services)
  await app.register(openapi, { publicUrl: config.publicUrl, version: services.version })
  await app.register(security, { loginOrigins: services.loginOrigins, https })
  await app.register(rateLimit, { global: false })
  await app.register(formbody)
  await app.register(sessions, { rows: services.sessionRows, secret: services.cookieSecret, https })
  await app.register(actors, { apiKeys: services.apiKeys, members: services.members })
  await app.register(pages, {
    installation: { partnerName: config.partnerName, demo: config.demo, version: services.version },
    assetUrl,
    cacheTemplates: true,
    countNews: services.notifications.countNew,
  })
  await app.register(assetRoutes, { assets })

  await app.register(healthRoutes, services)
  await app.register(metricsRoutes, services)
  await app.register(signInRoutes, services)
  await app.register(joinRoutes, services)
  await app.register(consentRoutes, services)
  await app.register(invitationRoutes, services)
  await app.register(dashboardRoutes, services)
  await app.register(tenantRoutes, services)
  await app.register(tenantDetailRoutes, services)
  await app.register(tenantIncidentRoutes, services)
  await app.register(deviceRoutes, services)
  await app.register(tenantHuntRoutes, services)
  await app.register(connectRoutes, services)
  if (services.demoCustomers) await app.register(demoRoutes, { demoCustomers: services.demoCustomers })
  await app.register(readinessRoutes, services)
  await app.register(huntRoutes, services)
  await app.register(libraryRoutes, services)
  await app.register(scheduleRoutes, services)
  await app.register(notificationRoutes, services)
  await app.register(auditRoutes, services)
  await app.register(settingsRoutes, services)
  await app.register(webhookRoutes, services)
  await app.register(apiRoutes, services)
  await app.ready()
  return app
}
