import { join } from 'node:path'
import type { Config } from './config.ts'
import { startEmbedded } from './database/embedded.ts'
import { claimFolder, type FolderLock } from './database/lock.ts'
import { migrate } from './database/migrations.ts'
import { startSimulatorProcess } from './demo/simulator-process.ts'
import { AppError } from './errors.ts'

export type RunningTenantry = {
  /** Where it listens, as printed. */
  url: string
  /** Finishes what runs, at most `graceMs`, and frees everything. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts the whole process in the order its parts need each other: database
 * and its lock, migrations beside the simulator, services, server, workers.
 *
 * @throws AppError `settings` with a remedy, Error from the database
 */
export async function startTenantry(config: Config): Promise<RunningTenantry> {
  const database = await openServer(config)
  try {
    const [simulator, modules] = await Promise.all([
      config.demo ? startSimulatorProcess(config) : null,
      Promise.all([import('./services.ts'), import('./http/app.ts')]),
      migrate(database.url),
    ])
    const [{ createServices }, { createApp }] = modules
    const services = await createServices(config, database.url)
    const app = await createApp(services)
    await services.start({ work: config.role !== 'web' })
    try {
      await app.listen({ port: config.port, host: config.host })
    } catch (error) {
      throw listenFailed(error, config)
    }
    console.log(`Tenantry is ready at ${config.publicUrl}`)
    if (config.demo) console.log(demoHint(config))
    warmUpLater()

    return {
      url: config.publicUrl,
      async stop(graceMs) {
        // New connections end first; jobs and answers under way get their time.
        await app.close()
        await services.close(graceMs)
        await simulator?.stop()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The query language takes half a second to load: when the start is over, and before somebody waits for it. */
function warmUpLater(): void {
  setTimeout(() => void import('./hunting/kql/language.ts').then(({ warmUp }) => warmUp()), 2000).unref()
}

function demoHint(config: Config): string {
  return [
    `Demo mode: Microsoft is simulated at http://127.0.0.1:${config.simulatorPort}, nothing leaves this machine.`,
    `Sign in at ${config.publicUrl} and choose admin@partner.example (administrator), analyst@partner.example or reader@partner.example; no password is asked.`,
  ].join('\n')
}

function listenFailed(error: unknown, config: Config): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  if (error.code === 'EADDRINUSE') {
    return new AppError('settings', `port ${config.port} on ${config.host} is in use`, {
      remedy: 'End the program that uses it, or set PORT to another one.',
    })
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new AppError(
      'settings',
      `this process may not listen on ${config.host}:${config.port} (${error.code})`,
      {
        remedy: 'Set HOST and PORT to an address of this machine and a port above 1023.',
      },
    )
  }
  return error
}

/** The database's address, and how to let go of it. */
type OpenServer = { url: string; close(): Promise<void> }

async function openServer(config: Config): Promise<OpenServer> {
  if (config.databaseUrl) return { url: config.databaseUrl, close: async () => {} }

  const server = await startEmbedded(config.dataDir)
  const lock: FolderLock | null = await claimFolder(server.url)
  if (!lock) {
    throw new AppError(
      'settings',
      `another Tenantry already runs on the data folder ${join(config.dataDir)}`,
      {
        remedy:
          'End it first, set TENANTRY_DATA_DIR to another folder, or give both processes one DATABASE_URL.',
      },
    )
  }
  return {
    url: server.url,
    close: async () => {
      await lock.release()
      await server.stop()
    },
  }
}
