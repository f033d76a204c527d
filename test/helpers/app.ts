import type { FastifyInstance } from 'fastify'
import { type Config, loadConfig } from '../../src/config.ts'
import { createApp } from '../../src/http/app.ts'
import type { LogDestination } from '../../src/log.ts'
import type { RemoteOptions } from '../../src/remote/index.ts'
import { createServices, type Services } from '../../src/services.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { systemActor } from '../../src/tenants/actor.ts'
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
  apiKey(role: 'admin' | 'analyst' | 'reader', limitedToTags?: string[]): Promise<{ authorization: string }>
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
  /** Of the way out: patience, circuits, jitter. */
  remote?: Omit<RemoteOptions, 'quotas' | 'log'>
  /** Where the log goes. */
  logTo?: LogDestination
}

export async function startApp(options: StartOptions = {}): Promise<RunningApp> {
  const [database, port] = await Promise.all([createTestDatabase(), freePort()])
  const url = `http://localhost:${port}`
  const simulator = await startSimulator({
    port: 0,
    tenants: options.tenants ?? 12,
    publicUrl: url,
    propagationMs: options.propagationMs ?? { principal: 0, roles: 0 },
  })
  const config: Config = loadConfig({
    PORT: String(port),
    TENANTRY_PUBLIC_URL: url,
    TENANTRY_SIMULATOR_PORT: new URL(simulator.origin).port,
    TENANTRY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    LOG_LEVEL: 'silent',
    ...options.settings,
  })
  const { remote, logTo } = options
  const services = await createServices(config, database.url, {
    ...(remote ? { remote } : {}),
    ...(logTo ? { logTo } : {}),
  })
  const app = await createApp(services)
  await services.start({ work: options.work ?? true })
  await app.listen({ port, host: '127.0.0.1' })

  return {
    app,
    url,
    services,
    simulator,
    database,
    async apiKey(role, limitedToTags = []) {
      const { key } = await services.apiKeys.create(systemActor, { name: `${role} key`, role, limitedToTags })
      return { authorization: `Bearer ${key}` }
    },
    async close() {
      await app.close()
      await services.close(5000)
      await simulator.close()
      await database.drop()
    },
  }
}
