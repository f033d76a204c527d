import { createHmac } from 'node:crypto'
import { handleJobs } from './background.ts'
import type { Config } from './config.ts'
import { createDevices } from './devices/devices.ts'
import type { Hunts } from './hunting/hunts/hunts.ts'
import { createCredentialWatch } from './installation/credential-watch.ts'
import { removeOldHistory } from './installation/history-store.ts'
import { createReadiness } from './installation/readiness.ts'
import { createKeyRotation } from './installation/sealing/rotation.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createBacklogStore } from './metrics/store.ts'
import { createDefender, type OnOutcome } from './microsoft/defender/index.ts'
import {
  createApprovalNews,
  createAuditNews,
  createConfirmingNews,
  createCredentialNews,
  createSuspensionNews,
} from './notifications/installation-news.ts'
import { createTenantNews } from './notifications/tenant-news.ts'
import { countConnections, explainBudget } from './platform/database/connections/budget.ts'
import { describeServer } from './platform/database/connections/server.ts'
import { isMigrated } from './platform/database/migrations/migrations.ts'
import { deviceActionJob, recheckJob } from './platform/jobs/kinds.ts'
import { createReports } from './reports/report.ts'
import { createTwoPersonRule } from './services/approvals.ts'
import { createAuditing } from './services/audit.ts'
import { createBase, type Tuning } from './services/base.ts'
import { createHunting } from './services/hunting.ts'
import { createIncidentServices } from './services/incidents.ts'
import { createMessages, createRuleServices } from './services/messages.ts'
import { createMicrosoft } from './services/microsoft.ts'
import { createOnboarding } from './services/onboarding.ts'
import { createStaff } from './services/staff.ts'
import { createSuspension } from './suspension/suspension.ts'
import { createHealth } from './tenants/health/health.ts'
import { createTenants, type Tenants } from './tenants/tenants.ts'
import { recomputeMissing } from './verification/required-roles.ts'
import { version } from './version.ts'

/** A message of its own, of text alone. */
const plainMail = { html: null, thread: null, before: [] }

/** What a process does beside answering; all of it unless told. */
type StartOptions = { work: boolean; hunt?: boolean; syncIncidents?: boolean }

export type Services = Awaited<ReturnType<typeof createServices>>

/**
 * Builds each part once and hands it what it needs. Nothing here decides anything.
 *
 * @param tuning of time, chance, queue, the way out and the query analysis, and where the log goes; the defaults are for production
 */
export async function createServices(config: Config, databaseUrl: string, tuning: Tuning = {}) {
  const base = await createBase(config, databaseUrl, tuning)
  const { log, pool, db, key, audit, jobs, installation, now } = base
  const metrics = createMetrics({
    tokens: () => tokens,
    tenants: () => tenants,
    openCircuits: () => remote.openCircuits(),
    pool,
    backlog: createBacklogStore(pool, databaseUrl),
    version,
    role: config.role,
  })
  base.jobsFailed.hear = job => void (job !== null && metrics.jobFailed(job))
  const microsoft = createMicrosoft(base, tuning, metrics)
  const { endpoints, endpointsOf, chooseProxy, gate, remote, discovery, processes, tokens } = microsoft
  const staff = createStaff(base, tokens)
  const { sessionRows } = staff

  const dropTokens = (tenantId: string): void => tokens.drop(tenantId)
  /** What is kept of a tenant beside its rows, when it leaves. */
  const forgetTenant = async (tenantId: string): Promise<void> => {
    dropTokens(tenantId)
    await sightings.forgetTenant(tenantId)
    await hunts.dropTables()
  }
  const tenants: Tenants = createTenants({ db, audit, forgetTenant, now })
  const health = createHealth({
    db,
    recheck: tenantId => jobs.enqueue(recheckJob, { tenantId }, { key: tenantId }),
    now,
  })
  const onOutcome: OnOutcome = (tenantId, surface, failure) => {
    metrics.surfaceCalled(surface, failure)
    health
      .recordOutcome(tenantId, surface, failure)
      .catch(error => log.error({ err: error, tenantId }, 'an outcome was not recorded'))
  }
  const defender = createDefender({ remote, tokens, endpoints, endpointsOf, onOutcome })

  const { publicUrl } = config
  const messages = createMessages(base, chooseProxy)
  const { sender, mailer, deliveries, webhooks, notifications } = messages
  const { announce } = notifications
  const incidentServices = createIncidentServices(base, { defender, tenants })
  const { sightings, sync, incidentWatch, incidents, queue, freshness } = incidentServices
  const auditing = createAuditing(base, {
    post: sender.send,
    announce: createAuditNews({ db, announce, publicUrl }),
  })
  const watchCredentials = createCredentialWatch({
    expiry: tokens.expiry,
    store: installation,
    audit,
    announce: createCredentialNews({ db, announce, publicUrl }),
    warn: (fields, message) => log.warn(fields, message),
    now,
  })

  const hunting = createHunting(base, {
    defender,
    currentAccessOf: staff.currentAccessOf,
    announce,
    limits: tuning.analyzer,
  })
  const { analyzer, library, runner } = hunting
  const hunts: Hunts = hunting.hunts
  const onboarding = createOnboarding(base, microsoft, {
    probe: defender.probe,
    dropTokens,
    announce: createTenantNews({ announce, publicUrl }),
    announceConfirming: createConfirmingNews({ announce, publicUrl }),
    sendMail: config.mail && (async mail => (await mailer.send({ ...mail, ...plainMail })).failure),
    onChecked(tenantId) {
      health.forget(tenantId)
      incidentServices.wake(tenantId)
    },
  })
  const { verification, invitations, connectLists } = onboarding

  const suspension = createSuspension({
    db,
    audit,
    tenants,
    gate,
    announce: createSuspensionNews({ announce, publicUrl }),
    goOn: hunts.goOn,
    now,
  })

  const reports = createReports({ db, tenants, freshness, huntsKeptDays: config.huntRetentionDays })
  const devices = createDevices({
    db,
    defender,
    tenants,
    audit,
    enqueueFollow: (actionId, afterSeconds) =>
      jobs.enqueue(deviceActionJob, { actionId }, { key: actionId, afterSeconds }),
    now,
  })

  const { rules, matcher, ruleDeliveries, ruleFollower } = createRuleServices(base, messages, {
    queue,
    incidentWatch,
    currentAccessOf: staff.ruleAccessOf,
  })

  const readiness = createReadiness([
    { name: 'database', check: installation.probe },
    { name: 'migrations', check: () => isMigrated(pool) },
    { name: 'queue', check: () => jobs.isReady() },
  ])
  const guarded = createTwoPersonRule(
    base,
    { tenants, devices, incidents, members: staff.members },
    {
      accessFor: staff.accessFor,
      knownKeys: staff.knownKeys,
      announce: createApprovalNews({ announce, publicUrl }),
    },
  )

  const keyRotation = createKeyRotation({
    ring: base.keyRing,
    stores: [hunts],
    audit,
    isOn: config.encrypt !== 'none',
    now,
  })

  handleJobs(jobs, {
    approvals: guarded.approvals,
    matcher,
    ruleDeliveries,
    verification,
    connectLists,
    devices,
    runner,
    deliveries,
    notifications,
    invitations,
    sessionRows,
    watchCredentials,
    hunts,
    sync,
    sightings,
    removeOldHistory: () => removeOldHistory(db, config.historyRetentionDays),
    auditing,
  })

  return {
    mostDelayMs: tuning.mostDelayMs,
    config,
    version,
    log,
    db,
    pool,
    key,
    jobs,
    audit,
    discovery,
    endpoints,
    remote,
    chooseProxy,
    metrics,
    tokens,
    approvals: guarded.approvals,
    tenants: guarded.tenants,
    suspension,
    gate,
    defender,
    analyzer,
    hunts,
    library,
    schedules: hunting.schedules,
    runner,
    notifications,
    rules,
    mailer,
    webhooks,
    verification,
    invitations,
    reminders: onboarding.reminders,
    consent: onboarding.consent,
    connect: onboarding.connect,
    connectLists,
    demoCustomers: onboarding.demoCustomers,
    queue,
    savedViews: incidentServices.savedViews,
    incidentStatistics: incidentServices.statistics,
    freshness,
    reports,
    sync,
    incidentWatch,
    incidents: guarded.incidents,
    sightings,
    ignoredIndicators: incidentServices.ignoredIndicators,
    devices: guarded.devices,
    apiKeys: staff.apiKeys,
    keyRotation,
    members: guarded.members,
    staffSessions: staff.staffSessions,
    currentActors: staff.currentActors,
    signIn: staff.signIn,
    entra: tokens.signIn,
    sessionRows,
    partnerTenantId: config.partnerTenantId,
    publicUrl: config.publicUrl,
    cookieSecret: createHmac('sha256', key).update('cookies').digest('base64url'),
    loginOrigins: [...new Set([endpoints.cloud.loginOrigin, endpoints.url('login', '/').origin])],
    directoryRolesListed: installation.directoryRolesListed,
    readiness,
    databaseServer: () => describeServer(pool),
    connectionBudget: async () => ({ budget: base.budget, server: await countConnections(pool) }),
    occasions: base.occasions,
    auditChecks: auditing.checks,
    auditProtection: auditing.protection,

    /** Begins to work: what changed while nothing ran is caught up with first. */
    async start({ work, hunt = work, syncIncidents = work }: StartOptions): Promise<void> {
      await Promise.all([gate.start(), jobs.start({ work }), processes.start(), incidentWatch.start()])
      if (syncIncidents) sync.start()
      await hunts.start({ work: hunt })
      await library.seed()
      const shortage = explainBudget(base.budget, await countConnections(pool), pool.totalCount)
      if (shortage) log.warn({}, shortage)
      await auditing.start({ work })
      if (!work) return
      await ruleFollower.start()
      await recomputeMissing({ db, audit, now }, config.requiredRoles)
      await watchCredentials()
      await verification.resumeStranded()
    },

    /** Lets running jobs finish, at most `graceMs`, then frees every connection. */
    async close(graceMs: number): Promise<void> {
      ruleFollower.stop()
      const engineMs = Math.max(0, graceMs - 1000)
      await Promise.all([jobs.stop(graceMs), hunts.stop(engineMs), sync.stop(engineMs)])
      analyzer.close()
      await auditing.stop()
      await Promise.all([processes.stop(), incidentWatch.stop()])
      await sender.close()
      mailer.close()
      await remote.close()
      await gate.stop()
      await db.$disconnect()
    },
  }
}
