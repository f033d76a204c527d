import { Script } from 'node:vm'
import type { FromChild, ToChild } from './messages.ts'

/** Says something about a task before its result is there. */
export type Note = (note: unknown) => void

/**
 * The child's side of a pool: performs one task after the other until the
 * parent is gone.
 *
 * @param perform synchronous; what it throws is sent back as a message
 */
export function serveTasks(perform: (task: unknown, note: Note) => unknown): void {
  const script = new Script('performTask()')
  const say = (message: FromChild): void => {
    process.send?.(message)
  }

  process.on('message', ({ id, task, limitMs }: ToChild) => {
    say({ id, kind: 'started' })
    Object.assign(globalThis, { performTask: () => perform(task, note => say({ id, kind: 'note', note })) })
    try {
      // Node ends a script that runs too long from a thread of its own, so this
      // process ends its work even when nobody is left to kill it.
      const result: unknown = script.runInThisContext({ timeout: limitMs })
      say({ id, kind: 'done', result })
    } catch (error) {
      if (isTimeout(error)) {
        // Whatever the task was interrupted in may be half changed: a fresh process takes over.
        process.send?.({ id, kind: 'timeout' } satisfies FromChild, () => process.exit())
      } else {
        say({
          id,
          kind: 'failed',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      }
    }
  })
  process.on('disconnect', () => process.exit())
  // The parent may have ended while this program loaded.
  if (!process.connected) process.exit()
  // Ctrl+C reaches the whole group; the parent decides when this process ends.
  process.on('SIGINT', () => {})
  say({ kind: 'ready' })
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
