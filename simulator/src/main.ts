import { readArguments, UsageError, usage } from './arguments.ts'
import { dataOf } from './data/world-data.ts'
import { startSimulator } from './index.ts'
import { demoRegistration } from './registration.ts'

/**
 * The simulator as a process of its own.
 *
 * Forked, it says `{ type: 'ready', origin }` or `{ type: 'failed', message }` to its
 * parent and ends, its state saved, when the parent is gone.
 */
export type SimulatorMessage = { type: 'ready'; origin: string } | { type: 'failed'; message: string }

function tell(message: SimulatorMessage): void {
  if (process.send) process.send(message)
  else if (message.type === 'ready') console.log(welcome(message.origin))
  else console.error(message.message)
}

function welcome(origin: string): string {
  const { clientId, clientSecret, partnerTenantId } = demoRegistration
  return [
    `The simulator listens at ${origin}`,
    `  application (client) id  ${clientId}`,
    `  client secret            ${clientSecret}`,
    `  its own tenant           ${partnerTenantId}`,
    `  customers                ${origin}/__simulator/tenants`,
  ].join('\n')
}

// Once the channel is closed, "send" is gone.
const isChild = process.send !== undefined

try {
  const options = readArguments(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(usage)
    process.exit(0)
  }
  const simulator = await startSimulator(options)
  let isClosing = false
  function close(): void {
    if (isClosing) return
    isClosing = true
    simulator.close().then(
      () => process.exit(0),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', close)
  if (isChild) {
    process.once('disconnect', close)
    // The parent may have ended while this process started.
    if (!process.connected) close()
    // Ctrl+C reaches the whole group; the parent decides when this process ends.
    process.on('SIGINT', () => {})
  } else {
    process.once('SIGINT', close)
  }
  if (!isClosing) {
    tell({ type: 'ready', origin: simulator.origin })
    dataOf(simulator.world).queries.warmUp()
  }
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  if (error instanceof UsageError && !isChild) console.error(`\n${usage}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
  if (process.connected) process.disconnect()
}
