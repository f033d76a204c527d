import { type Config, loadConfig, readEnvironment } from '../config.ts'
import { startEmbedded } from '../database/embedded.ts'
import { claimFolder } from '../database/lock.ts'
import { migrate } from '../database/migrations.ts'
import { startSimulatorProcess } from '../demo/simulator-process.ts'
import { createServices, type Services } from '../services.ts'
import type { Actor } from '../tenants/actor.ts'

/** Whoever may run the command line on this machine may do everything. */
export const commandLineActor: Actor = {
  kind: 'system',
  id: 'command-line',
  label: 'command line',
  role: 'admin',
  limitedToTags: [],
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
  const database = await openServer(config)
  try {
    await migrate(database.url)
    const simulator = config.demo && !(await isReachable(config)) ? await startSimulatorProcess(config) : null
    const services = await createServices(config, database.url, { logTo: process.stderr })
    try {
      await services.start({ work: false, hunt: options.hunt })
      return await work(services, config)
    } finally {
      await services.close(5000)
      await simulator?.stop()
    }
  } finally {
    await database.close()
  }
}

async function openServer(config: Config): Promise<{ url: string; close(): Promise<void> }> {
  if (config.databaseUrl) return { url: config.databaseUrl, close: async () => {} }
  const server = await startEmbedded(config.dataDir)
  return {
    url: server.url,
    async close() {
      if (!server.startedHere) return
      // A Tenantry that started meanwhile holds the lock and goes on using the server.
      const lock = await claimFolder(server.url)
      if (!lock) return
      await lock.release()
      await server.stop()
    },
  }
}

async function isReachable(config: Config): Promise<boolean> {
  return await fetch(
    `http://127.0.0.1:${config.simulatorPort}/common/v2.0/.well-known/openid-configuration`,
  ).then(
    answer => answer.ok,
    () => false,
  )
}
