import { fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'

/** The simulator of Microsoft's services in a process of its own. */
export type SimulatorProcess = { origin: string; stop(): Promise<void> }

/**
 * Starts the simulator beside Tenantry, so that both talk over a real wire.
 * It ends when this process ends, however that happens: the channel between
 * the two breaks.
 *
 * @throws AppError `settings` with the remedy when it cannot listen
 */
export async function startSimulatorProcess(config: Config): Promise<SimulatorProcess> {
  const options = {
    port: config.simulatorPort,
    tenants: config.simulatorTenants,
    publicUrl: config.publicUrl,
    stateFile: join(config.dataDir, 'simulator.json'),
  }
  const child = fork(
    fileURLToPath(new URL('../simulator/main.ts', import.meta.url)),
    [JSON.stringify(options)],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  )
  const origin = await new Promise<string>((done, failed) => {
    child.once(
      'message',
      (message: { type: 'ready'; origin: string } | { type: 'failed'; message: string }) => {
        if (message.type === 'ready') done(message.origin)
        else failed(simulatorFailed(message.message))
      },
    )
    child.once('exit', code => failed(simulatorFailed(`it ended with code ${code}`)))
  })

  return {
    origin,
    stop: async () => {
      if (child.exitCode !== null) return
      const ended = new Promise(done => child.once('exit', done))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function simulatorFailed(reason: string): AppError {
  return new AppError('settings', `the demo's simulator did not start: ${reason}`, {
    remedy: 'Set TENANTRY_SIMULATOR_PORT to a free port, or end the program that uses it.',
  })
}
