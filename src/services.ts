import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { createAudit } from './audit/audit.ts'
import { handleJobs } from './background.ts'
import { createDiscovery } from './clouds/discovery.ts'
import { createEndpoints } from './clouds/endpoints.ts'
import type { Config } from './config.ts'
import { createConnect } from './consent/connect.ts'
import { createConsentFlow } from './consent/flow.ts'
import { createInvitations } from './consent/invitations.ts'
import { createConnectLists } from './consent/lists/connect-lists.ts'
import { createObserve } from './consent/observation.ts'
import { recomputeMissing } from './consent/required-roles.ts'
import { createVerification } from './consent/verification.ts'
import { createBroadcast } from './database/broadcast.ts'
import { openDatabase } from './database/index.ts'
import { isMigrated } from './database/migrations.ts'
import { createDefender, type OnOutcome } from './defender/index.ts'
import { createDemoCustomers } from './demo/customers.ts'
import { createDevices } from './devices/devices.ts'
import { createHunts, type Hunts } from './hunting/hunts/hunts.ts'
import { createLibrary } from './hunting/library/library.ts'
import { createRunner } from './hunting/schedules/runner.ts'
import { createSchedules } from './hunting/schedules/schedules.ts'
import { createIncidents } from './incidents/incidents.ts'
import { createCredentialWatch } from './installation/credential-watch.ts'
import { openKey } from './installation/key.ts'
import { createReadiness } from './installation/readiness.ts'
import { createInstallationStore } from './installation/store.ts'
import { createJobs } from './jobs/jobs.ts'
import {
  connectListJob,
  deviceActionJob,
  recheckJob,
  scheduleRunJob,
  verificationJob,
  webhookDeliveryJob,
} from './jobs/kinds.ts'
import { createLog, type LogDestination } from './log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createNotifications } from './notifications/notifications.ts'
import { createDeliveries } from './notifications/webhooks/deliveries.ts'
import { createSender } from './notifications/webhooks/send.ts'
import { createWebhooks } from './notifications/webhooks/webhooks.ts'
import { createQuotaStore, createQuotas, createRemote, type RemoteOptions } from './remote/index.ts'
import { createApiKeys } from './staff/api-keys.ts'
import { createMembers } from './staff/members.ts'
import { createSignIn } from './staff/sign-in.ts'
import { createStandings } from './staff/standing.ts'
import { createSessionRows, createStaffStore } from './staff/store.ts'
import { systemActor } from './tenants/actor.ts'
import { createHealth } from './tenants/health.ts'
import { surfaces } from './tenants/roles.ts'
import { createTenants, type Tenants } from './tenants/tenants.ts'
import { createTokens, type Tokens } from './tokens/index.ts'
import { shareTokens, tokenNews } from './tokens/shared-tokens.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

export type Services = Awaited<ReturnType<typeof createServices>>

/**
 * Builds each part once and hands it what it needs. Nothing here decides anything.
 *
 * @param tuning of the way out, and where the log goes; the defaults are for production
 */
export async function createServices(
  config: Config,
  databaseUrl: string,
  tuning: { remote?: Omit<RemoteOptions, 'quotas' | 'log'>; logTo?: LogDestination } = {},
) {
  const log = createLog(config.logLevel, tuning.logTo)
  const db = openDatabase(databaseUrl)
  const installation = createInstallationStore(db)
  const key = await openKey(config, installation)
  const audit = createAudit({ db, key })
  const jobs = createJobs({
    connectionString: databaseUrl,
    onError: (error, job) => log.error({ err: error, job }, 'a job failed'),
  })

  const endpoints = createEndpoints(config.cloud, config.substitution)
  const quotas = createQuotas({ store: createQuotaStore(db), huntingShare: config.huntingShare })
  const remote = createRemote({ ...tuning.remote, quotas, log })
  const discovery = createDiscovery({ remote, endpoints })
  const metrics = createMetrics({ tokens: () => tokens, tenants: () => tenants })
  const ownTokens: Tokens = createTokens({
    ...config,
    endpoints,
    remote,
    log,
    onCredentialRefused(refused) {
      metrics.credentialRefused(refused)
      const { credential, failure, next } = refused
      processes.send({ kind: 'credential-refused', credential, failure })
      const detail = { code: failure.code, serviceCode: failure.serviceCode, triedInstead: next }
      const event = { actor: systemActor, action: 'credential.refused', target: credential, detail }
      audit.record({ ...event, result: 'failed' }).catch(error => log.error({ err: error }, 'audit failed'))
    },
  })
  const processes = createBroadcast({
    connectionString: databaseUrl,
    db,
    channel: 'tenantry_tokens',
    schema: tokenNews,
    onMessage: news => sharedTokens.hear(news),
    onGap: () => sharedTokens.missed(),
    onError: error => log.warn({ err: error }, 'other processes could not be told, or not be heard'),
  })
  const sharedTokens = shareTokens(ownTokens, processes.send)
  const { tokens } = sharedTokens
  const watchCredentials = createCredentialWatch({
    expiry: tokens.expiry,
    store: installation,
    audit,
    warn: (facts, message) => log.warn(facts, message),
  })

  const staffStore = createStaffStore(db)
  const sessionRows = createSessionRows(db)
  const apiKeys = createApiKeys({ store: staffStore, audit })
  const members = createMembers({ store: staffStore, audit })
  const signIn = createSignIn({
    entra: tokens.signIn,
    key,
    partnerTenantId: config.partnerTenantId,
    redirectUri: `${config.publicUrl}/auth/callback`,
  })

  const dropTokens = (tenantId: string): void => tokens.drop(tenantId)
  /** What is kept of a tenant beside its rows, when it leaves. */
  const forgetTenant = async (tenantId: string): Promise<void> => {
    dropTokens(tenantId)
    await hunts.dropTables()
  }
  const tenants: Tenants = createTenants({ db, audit, dropTokens: forgetTenant })
  const health = createHealth({
    db,
    recheck: tenantId => jobs.enqueue(recheckJob, { tenantId }, { key: tenantId }),
  })
  const onOutcome: OnOutcome = (tenantId, surface, failure) => {
    metrics.surfaceCalled(surface, failure)
    health
      .recordOutcome(tenantId, surface, failure)
      .catch(error => log.error({ err: error, tenantId }, 'an outcome was not recorded'))
  }
  const defender = createDefender({ remote, tokens, endpoints, onOutcome })

  const hunts: Hunts = createHunts({
    db,
    connectionString: databaseUrl,
    audit,
    hunt: defender.hunt,
    prepare: defender.prepareHunt,
    log,
    keepDays: config.huntRetentionDays,
    dataDir: config.dataDir,
    huntingShare: config.huntingShare,
  })

  const { publicUrl } = config
  const enqueueDelivery = (deliveryId: string, afterSeconds: number): Promise<void> =>
    jobs.enqueue(webhookDeliveryJob, { deliveryId }, { key: deliveryId, afterSeconds })
  const enqueueRun = (runId: string, afterSeconds: number): Promise<void> =>
    jobs.enqueue(scheduleRunJob, { runId }, { key: runId, afterSeconds })
  const sender = createSender()
  const deliveries = createDeliveries({ db, key, sender, enqueue: enqueueDelivery })
  const webhooks = createWebhooks({ db, audit, key, enqueue: enqueueDelivery, publicUrl })
  const notifications = createNotifications({ db, deliveries })
  const library = createLibrary({ db, audit })
  const standingsOf = createStandings({ store: staffStore })
  const schedules = createSchedules({ db, audit, library, standingsOf, enqueue: enqueueRun })
  const runner = createRunner({
    db,
    hunts,
    library,
    announce: notifications.announce,
    audit,
    standingsOf,
    enqueue: enqueueRun,
    publicUrl,
    keepDays: config.huntRetentionDays,
  })

  const { requiredRoles } = config
  const resolveTenant = discovery.resolve
  const enqueueVerification = (tenantId: string, run: number, afterSeconds: number): Promise<void> =>
    jobs.enqueue(verificationJob, { tenantId, run }, { key: `${tenantId} ${run}`, afterSeconds })
  const observe = createObserve({
    acquireFresh: (tenantId, surface) => tokens.acquire(tenantId, surface, { fresh: true }),
    probe: defender.probe,
    available: surfaces.filter(surface => endpoints.cloud.origins[surface] !== null),
  })
  const verification = createVerification({
    db,
    audit,
    observe,
    requiredRoles,
    enqueueVerification,
    dropTokens,
    onChecked: health.forget,
  })
  const invitations = createInvitations({ db, audit, key, resolveTenant })
  const consent = createConsentFlow({
    ...config,
    requiredRoles: config.askedRoles,
    db,
    audit,
    key,
    endpoints,
    signIn: tokens.signIn,
    resolveTenant,
    enqueueVerification,
    dropTokens,
  })
  const connect = createConnect({ db, audit, resolveTenant, observe, verification, requiredRoles })

  const connectLists = createConnectLists({
    db,
    connect,
    enqueue: id => jobs.enqueue(connectListJob, { id }, { key: id }),
  })

  const demoCustomers = config.demo
    ? createDemoCustomers({ origin: `http://127.0.0.1:${config.simulatorPort}`, connectLists })
    : null

  const incidents = createIncidents({ defender, tenants, audit })
  const devices = createDevices({
    db,
    defender,
    tenants,
    audit,
    enqueueFollow: (actionId, afterSeconds) =>
      jobs.enqueue(deviceActionJob, { actionId }, { key: actionId, afterSeconds }),
  })

  handleJobs(jobs, {
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
  })

  return {
    config,
    version,
    log,
    key,
    jobs,
    audit,
    discovery,
    endpoints,
    remote,
    metrics,
    tokens,
    tenants,
    defender,
    hunts,
    library,
    schedules,
    runner,
    notifications,
    webhooks,
    verification,
    invitations,
    consent,
    connect,
    connectLists,
    demoCustomers,
    incidents,
    devices,
    apiKeys,
    members,
    signIn,
    entra: tokens.signIn,
    sessionRows,
    partnerTenantId: config.partnerTenantId,
    publicUrl: config.publicUrl,
    cookieSecret: createHmac('sha256', key).update('cookies').digest('base64url'),
    loginOrigins: [...new Set([endpoints.cloud.loginOrigin, endpoints.url('login', '/').origin])],
    readiness: createReadiness([
      { name: 'database', check: async () => (await db.$queryRaw`select 1`) !== null },
      { name: 'migrations', check: () => isMigrated(databaseUrl) },
      { name: 'queue', check: () => jobs.isReady() },
    ]),

    /** Begins to work: what changed while nothing ran is caught up with first. */
    async start({ work, hunt = work }: { work: boolean; hunt?: boolean }): Promise<void> {
      await Promise.all([jobs.start({ work }), processes.start()])
      await hunts.start({ work: hunt })
      await library.seed()
      if (!work) return
      await recomputeMissing({ db, audit }, requiredRoles)
      await watchCredentials()
      await verification.resumeStranded()
    },

    /** Lets running jobs finish, at most `graceMs`, then frees every connection. */
    async close(graceMs: number): Promise<void> {
      await Promise.all([jobs.stop(graceMs), hunts.stop(Math.max(0, graceMs - 1000))])
      await processes.stop()
      await sender.close()
      await remote.close()
      await db.$disconnect()
    },
  }
}
