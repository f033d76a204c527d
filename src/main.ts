import { loadConfig, readEnvironment, SettingsError } from './config.ts'
import { AppError } from './errors.ts'
import { startTenantry } from './process.ts'

/** How long running work may take to finish after a signal. */
const graceMs = 10_000
/** What may take longer than that: the end of the simulator and of the database. */
const endMs = 20_000

let shutdownDelayMs = 0
const stopping = new AbortController()
const stop = (): void => {
  // A terminal sends its signal to every process of the group, some of which pass it on.
  if (stopping.signal.aborted) return
  stopping.abort()
  setTimeout(() => process.exit(1), shutdownDelayMs + graceMs + endMs).unref()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
// Started through npm on another Node: the starter is gone.
process.once('disconnect', stop)

try {
  const config = loadConfig(readEnvironment())
  shutdownDelayMs = config.shutdownDelaySeconds * 1000
  const tenantry = await startTenantry(config, stopping.signal)
  if (!stopping.signal.aborted) {
    await new Promise(done => stopping.signal.addEventListener('abort', done, { once: true }))
  }
  await tenantry.stop(graceMs).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
  process.exit(0)
} catch (error) {
  // A start that a signal broke off has let go of what it had.
  if (stopping.signal.aborted && error === stopping.signal.reason) process.exit(0)
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
