import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'
import { startSimulatorProcess } from './demo/simulator-process.ts'
import { AppError } from './errors.ts'
import { createLog } from './log.ts'
import { type OwnServer, ownServer } from './platform/database/embedded/own-server.ts'
import { prepareDatabase } from './platform/database/migrations/prepare.ts'
import { within } from './platform/limits/deadline.ts'
import { trustAuthorities } from './platform/proxy/trust-authorities.ts'
import { auditableSettings } from './services/auditable-settings.ts'
import { settingsAdvice } from './settings/advice.ts'
import { systemActor } from './tenants/actor.ts'
import { version } from './version.ts'

export type RunningTenantry = {
  /** Where it listens, as printed. */
  url: string
  /** Tells load balancers, waits as long as is set, finishes what runs, at most `graceMs`, and frees everything. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts the whole process in the order its parts need each other: database
 * and its lock, migrations, the simulator, services, server, workers.
 *
 * @param signal breaks the start off between two steps; what was started is stopped again
 * @throws AppError `settings` with a remedy, Error from the database, the signal's reason
 */
export async function startTenantry(config: Config, signal: AbortSignal): Promise<RunningTenantry> {
  trustAuthorities(config.extraAuthorities)
  // Before the modules are loaded that it watches.
  const tracing = config.isTraced
    ? await (await import('./web/tracing.ts')).startTracing({ version, role: config.role })
    : null
  // Beside everything that is waited for: the start takes as long as the longest of them.
  const modules = loadModules()
  modules.catch(() => {})
  const database = await openServer(config)
  const simulating = config.demo ? startSimulatorProcess(config) : null
  simulating?.catch(() => {})
  /** What outlives this process's work: ended last, whatever happened before. */
  const closeOthers = async (): Promise<void> => {
    const simulator = await simulating?.catch(() => null)
    await simulator?.stop()
    await database.close()
    await tracing?.stop()
  }
  try {
    signal.throwIfAborted()
    const databaseUrl = await prepareDatabase({ ...database, directUrl: config.databaseDirectUrl })
    signal.throwIfAborted()
    const { createServices, createApp, createMetricsApp } = await modules
    signal.throwIfAborted()
    const services = await createServices(config, databaseUrl)
    const app = await createApp(services)
    const metricsApp = config.metricsPort === null ? null : createMetricsApp(services)
    await simulating
    await Promise.all([services.start({ work: config.role !== 'web' }), services.analyzer.ready()])
    signal.throwIfAborted()
    try {
      await app.listen({
        port: config.port,
        host: config.host,
        listenTextResolver: address => `Listening at ${address}; people open ${config.publicUrl}`,
      })
    } catch (error) {
      throw listenFailed(error, config.port, config)
    }
    try {
      await metricsApp?.listen({ port: config.metricsPort ?? 0, host: config.host })
    } catch (error) {
      throw listenFailed(error, config.metricsPort ?? 0, config)
    }
    const { audit } = services
    const detail = { version, ...auditableSettings(config) }
    await audit.record({ actor: systemActor, action: 'installation.started', detail })
    console.log(`Tenantry is ready at ${config.publicUrl}`)
    for (const line of settingsAdvice(config)) console.warn(line)
    if (config.demo) console.log(demoHint(config))

    return {
      url: config.publicUrl,
      async stop(graceMs) {
        // Load balancers are given the time to see that nothing more should be sent here.
        services.readiness.stop()
        await sleep(config.shutdownDelaySeconds * 1000)
        // New connections end first; jobs and answers under way get their time, and no more.
        const finished = Promise.all([app.close(), metricsApp?.close()])
          .then(() => audit.record({ actor: systemActor, action: 'installation.stopped' }))
          .finally(() => services.close(graceMs))
        try {
          await within(finished, graceMs + 500)
        } finally {
          await closeOthers()
        }
      },
    }
  } catch (error) {
    await closeOthers()
    throw error
  }
}

/** The larger part of the program, apart so that a start that is refused says so at once. */
async function loadModules() {
  const [{ createServices }, { createApp }, { createMetricsApp }] = await Promise.all([
    import('./services.ts'),
    import('./web/app.ts'),
    import('./web/metrics-app.ts'),
  ])
  return { createServices, createApp, createMetricsApp }
}

function demoHint(config: Config): string {
  return [
    `Demo mode: Microsoft is simulated at http://127.0.0.1:${config.simulatorPort}, nothing leaves this machine.`,
    `Sign in at ${config.publicUrl} and choose admin@partner.example (administrator), analyst@partner.example or reader@partner.example; no password is asked.`,
  ].join('\n')
}

function listenFailed(error: unknown, port: number, config: Config): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  if (error.code === 'EADDRINUSE') {
    return new AppError('settings', `port ${port} on ${config.host} is in use`, {
      remedy: `End the program that uses it, or set ${port === config.port ? 'PORT' : 'TENANTRY_METRICS_PORT'} to another one.`,
    })
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new AppError('settings', `HOST is "${config.host}", which is no address of this machine`, {
      remedy: 'Set HOST to an address such as 127.0.0.1, ::1 or 0.0.0.0.',
    })
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new AppError('settings', `this process may not listen on ${config.host}:${port} (${error.code})`, {
      remedy: 'Set HOST and PORT to an address of this machine and a port above 1023.',
    })
  }
  return error
}

/** The database's address, and how to let go of it. */
async function openServer(config: Config): Promise<OwnServer> {
  const { databaseUrl, migrationDatabaseUrl: migrationUrl } = config
  if (databaseUrl) return { url: databaseUrl, migrationUrl, close: async () => {} }
  const log = createLog(config.logLevel, process.stdout, { role: config.role })
  return await ownServer(config.dataDir, (fields, message) => log.warn(fields, message))
}
