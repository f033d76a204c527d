import { loadConfig, readEnvironment, SettingsError } from './config.ts'
import { AppError } from './errors.ts'
import { startTenantry } from './process.ts'

/** How long running work may take to finish after a signal. */
const graceMs = 10_000

try {
  const config = loadConfig(readEnvironment())
  const tenantry = await startTenantry(config)

  let stopping = false
  const stop = (): void => {
    // A terminal sends its signal to every process of the group, some of which pass it on.
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(0), graceMs + 1000).unref()
    tenantry.stop(graceMs).then(
      () => process.exit(0),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  // Started through npm on an older Node: the starter is gone.
  process.once('disconnect', stop)
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

function explain(error: unknown): string {
  if (error instanceof SettingsError)
    return `Tenantry cannot start with these settings:\n${indent(error.message)}`
  if (error instanceof AppError) return `Tenantry cannot start: ${error.message}. ${error.remedy ?? ''}`
  return `Tenantry cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
