import formbody from '@fastify/formbody'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { createActivity } from '../audit/activity/activity.ts'
import type { Services } from '../services.ts'
import { apiRoutes } from './api/index.ts'
import { loadAssets } from './assets/assets.ts'
import { editorRoutes } from './assets/monaco.ts'
import { plainProblems, problemPages, refuseAddress } from './errors/error-handler.ts'
import { accountRoutes } from './pages/account.ts'
import { activityRoutes } from './pages/activity/activity.ts'
import { activityActions } from './pages/activity/words.ts'
import { apiPageRoutes } from './pages/api.ts'
import { consentRoutes } from './pages/consent/consent.ts'
import { dashboardRoutes } from './pages/dashboard.ts'
import { deviceRoutes } from './pages/devices/devices.ts'
import { huntRoutes } from './pages/hunts/hunts.ts'
import { incidentRoutes } from './pages/incidents/incident.ts'
import { incidentArrivalRoutes } from './pages/incidents/queue/arrivals.ts'
import { incidentQueueRoutes } from './pages/incidents/queue/queue.ts'
import { savedViewRoutes } from './pages/incidents/queue/saved-views.ts'
import { sightingRoutes } from './pages/incidents/sightings.ts'
import { triageRoutes } from './pages/incidents/triage/triage.ts'
import { approvalRoutes } from './pages/installation/approvals.ts'
import { auditRoutes } from './pages/installation/audit.ts'
import { healthRoutes } from './pages/installation/health.ts'
import { keyRoutes } from './pages/installation/keys.ts'
import { metricsRoutes } from './pages/installation/metrics.ts'
import { settingsRoutes } from './pages/installation/settings.ts'
import { staffRoutes } from './pages/installation/staff.ts'
import { suspensionRoutes } from './pages/installation/suspension.ts'
import { invitationRoutes } from './pages/invitations/invitations.ts'
import { libraryRoutes } from './pages/library/library.ts'
import { notificationRoutes } from './pages/notifications.ts'
import { reportRoutes } from './pages/reports/report.ts'
import { ruleRoutes } from './pages/rules/rules.ts'
import { scheduleRoutes } from './pages/schedules/schedules.ts'
import { searchRoutes } from './pages/search.ts'
import { signInRoutes } from './pages/sign-in.ts'
import { connectRoutes } from './pages/tenants/connect.ts'
import { demoRoutes } from './pages/tenants/demo.ts'
import { readinessRoutes } from './pages/tenants/readiness.ts'
import { tenantDetailRoutes } from './pages/tenants/tenant.ts'
import { tenantHuntRoutes } from './pages/tenants/tenant-hunts.ts'
import { tenantIncidentRoutes } from './pages/tenants/tenant-incidents.ts'
import { tenantRoutes } from './pages/tenants/tenants.ts'
import { webhookRoutes } from './pages/webhooks.ts'
import { accessAudit } from './plugins/access/access-audit.ts'
import { staffActors } from './plugins/access/actors.ts'
import { freshSignIn } from './plugins/access/fresh-sign-in.ts'
import { publicAddress } from './plugins/access/public-address.ts'
import { routeActs } from './plugins/access/route-acts.ts'
import { sameOrigin } from './plugins/access/same-origin.ts'
import { security } from './plugins/access/security.ts'
import { sessions } from './plugins/access/sessions.ts'
import { assetRoutes } from './plugins/answers/assets.ts'
import { compression } from './plugins/answers/compression.ts'
import { eventStreams } from './plugins/answers/event-streams.ts'
import { longAnswers } from './plugins/answers/long-answers.ts'
import { openapi } from './plugins/answers/openapi.ts'
import { pages } from './plugins/answers/pages.ts'
import { measuring } from './plugins/requests/measuring.ts'
import { overload } from './plugins/requests/overload.ts'
import { requestId, requestIds } from './plugins/requests/request-ids.ts'
import { requestLimits } from './plugins/requests/request-limits.ts'

/** The whole web application, ready to listen or to be asked directly (`app.inject`). */
export async function createApp(services: Services): Promise<FastifyInstance> {
  const { config } = services
  const app = fastify({
    loggerInstance: services.log as FastifyBaseLogger,
    // Who may name the client in X-Forwarded-*.
    trustProxy: config.trustedProxies,
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    requestTimeout: 60_000,
    frameworkErrors: refuseAddress,
    rewriteUrl: pathOf,
    requestIdHeader: false,
    // Counted numbers would repeat in each process and after each start.
    genReqId: requestId,
    logController: new LogController({ disableRequestLogging: !config.accessLog }),
  })
  const { assets, assetUrl, brand } = loadAssets(config)
  const https = config.publicUrl.startsWith('https:')

  await app.register(plainProblems)
  await app.register(requestIds)
  await app.register(measuring, services)
  await app.register(overload, services)
  await app.register(compression)
  await app.register(publicAddress, services)
  await app.register(openapi, { publicUrl: config.publicUrl, version: services.version })
  await app.register(security, { loginOrigins: services.loginOrigins, https })
  await app.register(sameOrigin, config)
  await app.register(routeActs)
  await app.register(accessAudit, services)
  await app.register(longAnswers, services)
  await app.register(requestLimits, config)
  await app.register(eventStreams)

  await app.register(assetRoutes, { assets })
  await app.register(editorRoutes)
  await app.register(healthRoutes, services)
  if (config.metricsPort === null) await app.register(metricsRoutes, services)
  await app.register(async api => apiRoutes(api, services), { prefix: '/api' })

  // What the pages read, cookies above all, is read for pages alone.
  await app.register(async pageScope => {
    await pageScope.register(problemPages)
    pageScope.removeContentTypeParser(['application/json', 'text/plain'])
    await pageScope.register(formbody)
    await pageScope.register(sessions, {
      rows: services.sessionRows,
      secret: services.cookieSecret,
      https,
      hours: config.sessionHours,
    })
    await pageScope.register(staffActors, services)
    pageScope.limitCredentials(pageScope)
    await pageScope.register(freshSignIn, { signIn: services.signIn, acr: config.staffAcr, https })
    await pageScope.register(pages, {
      installation: {
        partnerName: config.partnerName,
        partnerContact: config.partnerContact,
        partnerLogo: brand.logo,
        hasPartnerColor: config.partnerColor !== null,
        demo: config.demo,
        hasApprovals: config.twoPerson.length > 0,
        version: services.version,
      },
      assetUrl,
      cacheTemplates: true,
      countNews: services.notifications.countNew,
      // Without one, nothing is asked.
      suspensionsOf: async actor => (services.gate.rows().length > 0 ? services.suspension.list(actor) : []),
    })
    await registerPages(pageScope, services)
  })
  await app.ready()
  return app
}

/** A request line may hold a whole address: what counts is its path, and the host is never taken from it. */
function pathOf({ url = '/' }: { url?: string }): string {
  if (url.startsWith('/')) return url
  const { pathname = '/', search = '' } = URL.parse(url) ?? {}
  return pathname + search
}

/** Every page, in the order of the menu after what needs no sign-in. */
async function registerPages(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(signInRoutes, services)
  await app.register(accountRoutes, services)
  await app.register(consentRoutes, services)
  await app.register(invitationRoutes, services)
  await app.register(dashboardRoutes, services)
  await app.register(incidentQueueRoutes, services)
  await app.register(savedViewRoutes, services)
  await app.register(incidentArrivalRoutes, services)
  await app.register(triageRoutes, services)
  await app.register(incidentRoutes, services)
  await app.register(sightingRoutes, services)
  await app.register(searchRoutes, services)
  await app.register(tenantRoutes, services)
  await app.register(tenantDetailRoutes, services)
  await app.register(tenantIncidentRoutes, services)
  await app.register(reportRoutes, services)
  await app.register(activityRoutes, {
    ...services,
    activity: createActivity({ ...services, actions: activityActions }),
  })
  await app.register(deviceRoutes, services)
  await app.register(tenantHuntRoutes, services)
  await app.register(connectRoutes, services)
  if (services.demoCustomers) await app.register(demoRoutes, { demoCustomers: services.demoCustomers })
  await app.register(readinessRoutes, services)
  await app.register(huntRoutes, services)
  await app.register(libraryRoutes, services)
  await app.register(scheduleRoutes, services)
  await app.register(notificationRoutes, services)
  await app.register(ruleRoutes, services)
  await app.register(approvalRoutes, services)
  await app.register(auditRoutes, services)
  await app.register(settingsRoutes, services)
  await app.register(keyRoutes, services)
  await app.register(staffRoutes, services)
  await app.register(suspensionRoutes, services)
  await app.register(webhookRoutes, services)
  await app.register(apiPageRoutes, services)
}
