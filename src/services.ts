import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { createAudit } from './audit/audit.ts'
import { createDiscovery } from './clouds/discovery.ts'
import { createEndpoints } from './clouds/endpoints.ts'
import type { Config } from './config.ts'
import { openDatabase } from './database/index.ts'
import { isMigrated } from './database/migrations.ts'
import { openKey } from './installation/key.ts'
import { createReadiness } from './installation/readiness.ts'
import { createInstallationStore } from './installation/store.ts'
import { createJobs } from './jobs/jobs.ts'
import { createLog } from './log.ts'
import { createQuotaStore, createQuotas, createRemote } from './remote/index.ts'
import { createApiKeys } from './staff/api-keys.ts'
import { createMembers } from './staff/members.ts'
import { createSignIn } from './staff/sign-in.ts'
import { createSessionRows, createStaffStore } from './staff/store.ts'
import { createTenants } from './tenants/tenants.ts'
import { createTokens } from './tokens/index.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

export type Services = Awaited<ReturnType<typeof createServices>>

/** Builds each part once and hands it what it needs. Nothing here decides anything. */
export async function createServices(config: Config, databaseUrl: string) {
  const log = createLog(config.logLevel)
  const db = openDatabase(databaseUrl)
  const key = await openKey(config, createInstallationStore(db))
  const audit = createAudit({ db, key })
  const jobs = createJobs({
    connectionString: databaseUrl,
    onError: (error, job) => log.error({ err: error, job }, 'a job failed'),
  })

  const endpoints = createEndpoints(config.cloud, config.substitution)
  const quotas = createQuotas({ store: createQuotaStore(db), huntingShare: config.huntingShare })
  const remote = createRemote({ quotas, log })
  const discovery = createDiscovery({ remote, endpoints })
  const tokens = createTokens({ ...config, endpoints, remote, log })

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

  const tenants = createTenants({ db, audit, dropTokens: tenantId => tokens.drop(tenantId) })

  return {
    config,
    version,
    log,
    key,
    jobs,
    audit,
    discovery,
    tokens,
    tenants,
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

    /** Lets running jobs finish, at most `graceMs`, then frees every connection. */
    async close(graceMs: number): Promise<void> {
      await jobs.stop(graceMs)
      await remote.close()
      await db.$disconnect()
    },
  }
}
