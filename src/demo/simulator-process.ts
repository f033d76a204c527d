import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { backoffMs } from '../platform/limits/backoff.ts'

/** The simulator of Microsoft's services in a process of its own. */
export type SimulatorProcess = { origin: string; stop(): Promise<void> }

const program = fileURLToPath(new URL('../../simulator/bin/tenantry-simulator.mjs', import.meta.url))
const longestPauseMs = 10_000

/**
 * Starts the simulator beside Tenantry, so that both talk over a real wire,
 * and again when it ends by itself. It ends when this process ends, however
 * that happens: the channel between the two breaks.
 *
 * @throws AppError `settings` with the remedy when it cannot listen
 */
export async function startSimulatorProcess(config: Config): Promise<SimulatorProcess> {
  const options = [
    `--port=${config.simulatorPort}`,
    `--tenants=${config.simulatorTenants}`,
    `--public-url=${config.publicUrl}`,
    `--state=${join(config.dataDir, 'simulator.json')}`,
  ]
  const stopping = new AbortController()
  let { child, origin } = await start(options)

  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await ended(child)
      if (stopping.signal.aborted) return
      console.error("The demo's simulator ended and is started again.")
      await startAgain()
    }
  }

  async function startAgain(): Promise<void> {
    for (let tries = 1; !stopping.signal.aborted; tries++) {
      const started = await start(options).catch(() => null)
      if (started) {
        child = started.child
        return
      }
      const pauseMs = backoffMs(tries, { baseMs: 500, ceilingMs: longestPauseMs })
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const watching = watch()

  return {
    origin,
    async stop() {
      stopping.abort()
      child.kill('SIGTERM')
      await watching
      // Started again at the very moment.
      child.kill('SIGTERM')
      await ended(child)
    },
  }
}

async function start(options: string[]): Promise<{ child: ChildProcess; origin: string }> {
  const child = fork(program, options, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
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
  return { child, origin }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise(done => child.once('exit', done))
}

function simulatorFailed(reason: string): AppError {
  return new AppError('settings', `the demo's simulator did not start: ${reason}`, {
    remedy: 'Set TENANTRY_SIMULATOR_PORT to a free port, or end the program that uses it.',
  })
}
