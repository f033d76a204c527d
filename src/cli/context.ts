import { type Config, loadConfig, readEnvironment } from '../config.ts'
import { askSimulator } from '../demo/ask-simulator.ts'
import { type SimulatorProcess, startSimulatorProcess } from '../demo/simulator-process.ts'
import { borrowServer, type OwnServer } from '../platform/database/embedded/own-server.ts'
import { type DatabaseAccess, prepareDatabase } from '../platform/database/migrations/prepare.ts'
import { trustAuthorities } from '../platform/proxy/trust-authorities.ts'
import { createServices, type Services } from '../services.ts'
import type { Actor } from '../tenants/actor.ts'
import { interruptible, unlessAborted } from './interruption.ts'

/** Whoever may run the command line on this machine may do everything. */
export const commandLineActor: Actor = {
  kind: 'system',
  id: 'command-line',
  label: 'command line',
  role: 'admin',
  tenants: 'all',
  from: { address: 'command line', requestId: null },
}

/**
 * Runs `work` with the same services as the server has, and lets go of
 * everything afterwards. Uses what a running server has started; starts, and
 * stops again, what is missing.
 *
 * @param options.hunt also do the work of hunts here, as no server may be running
 */
export async function withServices<T>(
  work: (services: Services, config: Config) => Promise<T>,
  options: { hunt: boolean } = { hunt: false },
): Promise<T> {
  const config = loadConfig({ LOG_LEVEL: 'warn', ...readEnvironment() })
  trustAuthorities(config.extraAuthorities)
  return await interruptible(async signal => {
    const database = await openServer(config)
    let simulator: SimulatorProcess | null = null
    try {
      signal.throwIfAborted()
      const databaseUrl = await prepareDatabase({ ...database, directUrl: config.databaseDirectUrl })
      signal.throwIfAborted()
      if (config.demo && !(await isReachable(config))) simulator = await startSimulatorProcess(config)
      const services = await createServices(config, databaseUrl, { logTo: process.stderr })
      try {
        await services.start({ work: false, hunt: options.hunt })
        return await unlessAborted(signal, work(services, config))
      } finally {
        await services.close(5000)
      }
    } finally {
      await simulator?.stop()
      await database.close()
    }
  })
}

/** Runs work with the database alone, as it is found: nothing is migrated, and no services are made. */
export async function withDatabase<T>(
  work: (access: DatabaseAccess, config: Config) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ LOG_LEVEL: 'warn', ...readEnvironment() })
  trustAuthorities(config.extraAuthorities)
  return await interruptible(async signal => {
    const database = await openServer(config)
    try {
      signal.throwIfAborted()
      return await unlessAborted(signal, work({ ...database, directUrl: config.databaseDirectUrl }, config))
    } finally {
      await database.close()
    }
  })
}

async function openServer(config: Config): Promise<OwnServer> {
  const { databaseUrl, migrationDatabaseUrl: migrationUrl } = config
  if (databaseUrl) return { url: databaseUrl, migrationUrl, close: async () => {} }
  return await borrowServer(config.dataDir)
}

async function isReachable(config: Config): Promise<boolean> {
  const origin = `http://127.0.0.1:${config.simulatorPort}`
  return await askSimulator(origin, '/common/v2.0/.well-known/openid-configuration').then(
    answer => answer.ok,
    () => false,
  )
}
