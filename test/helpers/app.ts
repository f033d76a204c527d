import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { type Simulator, startSimulator } from '../../simulator/src/index.ts'
import { type Config, loadConfig } from '../../src/config.ts'
import type { AnalyzerLimits } from '../../src/hunting/query/analyzer.ts'
import type { LogDestination } from '../../src/log.ts'
import type { RemoteOptions } from '../../src/microsoft/http/index.ts'
import { createServices, type Services } from '../../src/services.ts'
import { type StaffRole, systemActor } from '../../src/tenants/actor.ts'
import { createApp } from '../../src/web/app.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { freePort } from './process.ts'

/** The whole application with its workers, a real database and the simulator, over loopback. */
export type RunningApp = {
  app: FastifyInstance
  /** Where the browser finds it. */
  url: string
  services: Services
  simulator: Simulator
  database: TestDatabase
  /** An API key of that role, and the header that carries it. */
  apiKey(role: StaffRole, tags?: string[]): Promise<{ authorization: string }>
  close(): Promise<void>
}

export type StartOptions = {
  /** Customers of the simulator, 12 unless told. */
  tenants?: number
  /** Time until a consent is visible in the simulated Entra; none unless told. */
  propagationMs?: { principal: number; roles: number }
  /** Settings on top of the demo's. */
  settings?: Record<string, string>
  /** Whether jobs are done in this process; true unless told. */
  work?: boolean
  /** Whether incidents are synchronised in this process; unless told they are not, so that the test's calls are the only ones. */
  syncIncidents?: boolean
  /** Of the way out: patience, circuits, jitter. */
  remote?: Omit<RemoteOptions, 'quotas' | 'log'>
  /** A migrated database; one on the run's PostgreSQL unless told. */
  database?: TestDatabase
  /** Of the database, such as its time zone. */
  databaseSettings?: Record<string, string>
  /** Where the log goes. */
  logTo?: LogDestination
  /** Of the analysis of queries. */
  analyzer?: Partial<AnalyzerLimits>
}

export async function startApp(options: StartOptions = {}): Promise<RunningApp> {
  const [database, port] = await Promise.all([
    options.database ?? createTestDatabase(options.databaseSettings),
    freePort(),
  ])
  const url = `http://localhost:${port}`
  const simulator = await startSimulator({
    port: 0,
    tenants: options.tenants ?? 12,
    publicUrl: [url, options.settings?.TENANTRY_PUBLIC_URL ?? url],
    propagationMs: options.propagationMs ?? { principal: 0, roles: 0 },
  })
  // Heads of the audit are written there, of this database alone.
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-app-'))
  const config: Config = loadConfig({
    PORT: String(port),
    TENANTRY_PUBLIC_URL: url,
    TENANTRY_SIMULATOR_PORT: new URL(simulator.origin).port,
    TENANTRY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    TENANTRY_LOG_LEVEL: 'silent',
    TENANTRY_DATA_DIR: dataDir,
    TENANTRY_REQUESTS_PER_MINUTE: '1000000',
    ...options.settings,
  })
  const { remote, logTo, analyzer } = options
  const services = await createServices(config, database.url, {
    ...(remote ? { remote } : {}),
    ...(logTo ? { logTo } : {}),
    ...(analyzer ? { analyzer } : {}),
    // Tests share a machine of two cores: that it is slow is no overload of this application.
    mostDelayMs: 60_000,
  })
  const app = await createApp(services)
  await services.start({ work: options.work ?? true, syncIncidents: options.syncIncidents ?? false })
  await app.listen({ port, host: '127.0.0.1' })

  return {
    app,
    url,
    services,
    simulator,
    database,
    async apiKey(role, tags = []) {
      const tenants = tags.length > 0 ? { tags, ids: [] } : 'all'
      const { key } = await services.apiKeys.create(systemActor, { name: `${role} key`, role, tenants })
      return { authorization: `Bearer ${key}` }
    },
    async close() {
      await app.close()
      await services.close(5000)
      await simulator.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
