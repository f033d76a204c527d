import { fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import type { FromChild, ToChild } from './messages.ts'

/** A process of the pool, and what it is doing. */
export type Child = {
  /** resolves once its program is loaded; rejects when it ends before */
  ready: Promise<void>
  send(message: ToChild): void
  /** Whether this process waits for the child before it ends by itself. */
  hold(isNeeded: boolean): void
  kill(): void
}

/** Of what it wrote to standard error, the end is kept for the message. */
const keptStderr = 2000

/**
 * Starts a process that serves tasks. It inherits no environment, since that
 * holds secrets.
 */
export function startChild(
  { entry, memoryMb }: { entry: URL; memoryMb: number },
  on: { message(message: FromChild): void; end(reason: 'memory' | 'crash', detail: string): void },
): Child {
  const cache = getCompileCacheDir()
  const child = fork(entry, {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    env: cache ? { NODE_COMPILE_CACHE: cache } : {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptStderr)
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: FromChild) => {
      if (message.kind === 'ready') resolve()
      else on.message(message)
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const detail = `it ended with ${signal ?? `code ${code}`}: ${stderr.trim()}`
      reject(new Error(`the process of ${entry.pathname} did not start: ${detail}`))
      on.end(/heap out of memory|heap limit/i.test(stderr) ? 'memory' : 'crash', detail)
    })
  })
  // Whoever waits for it hears of it; nobody has to.
  ready.catch(() => {})

  return {
    ready,
    send: message => {
      // A child that is about to end takes nothing; its end says so.
      if (child.connected) child.send(message, () => {})
    },
    hold(isNeeded) {
      const handles = [child, child.channel, child.stderr as unknown as { ref(): void; unref(): void } | null]
      for (const handle of handles) {
        if (isNeeded) handle?.ref()
        else handle?.unref()
      }
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
