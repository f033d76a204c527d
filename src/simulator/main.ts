import { z } from 'zod'
import { type SimulatorOptions, startSimulator } from './index.ts'

/**
 * The simulator as a process of its own: `node src/simulator/main.ts '<options as JSON>'`.
 *
 * Forked, it says `{ type: 'ready', origin }` or `{ type: 'failed', message }` to its
 * parent and ends, its state saved, when the parent is gone.
 */
const optionsSchema = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().optional(),
  tenants: z.int().min(0).optional(),
  publicUrl: z.union([z.url(), z.array(z.url())]),
  stateFile: z.string().optional(),
  propagationMs: z.strictObject({ principal: z.int(), roles: z.int() }).optional(),
  latencyMs: z.int().nonnegative().optional(),
  log: z.boolean().optional(),
  cloud: z.enum(['global', 'gcc', 'gcc-high', 'dod']).optional(),
  links: z.enum(['cloud', 'own']).optional(),
  frontChannelLogoutUrl: z.url().optional(),
})

export type SimulatorMessage = { type: 'ready'; origin: string } | { type: 'failed'; message: string }

function tell(message: SimulatorMessage): void {
  if (process.send) process.send(message)
  else if (message.type === 'ready') console.log(`The simulator listens at ${message.origin}`)
  else console.error(message.message)
}

function readOptions(text: string | undefined): SimulatorOptions {
  const read = optionsSchema.safeParse(JSON.parse(text ?? '{}'))
  if (!read.success) throw new Error(`The simulator's options are wrong:\n${z.prettifyError(read.error)}`)
  // An absent option and an undefined one mean the same here.
  return JSON.parse(JSON.stringify(read.data))
}

try {
  const simulator = await startSimulator(readOptions(process.argv[2]))
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
  if (process.send) {
    process.once('disconnect', close)
    // Ctrl+C reaches the whole group; the parent decides when this process ends.
    process.on('SIGINT', () => {})
  } else {
    process.once('SIGINT', close)
  }
  tell({ type: 'ready', origin: simulator.origin })
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}
