import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/**
 * However this process ends, the embedded database in its data folder ends
 * with it, and the folder goes. Call before the database starts.
 */
export function guardDatabase(dataDir: string): void {
  const program = fileURLToPath(new URL('database-guard.ts', import.meta.url))
  // In a group of its own, as Ctrl+C reaches the whole group of the runner.
  const child = spawn(process.execPath, [program, dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
}
