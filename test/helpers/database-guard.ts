/**
 * Ends the PostgreSQL of a test run whose runner was ended before it could do
 * so: Vitest leaves at SIGTERM without its teardown, and nobody hears SIGKILL.
 * The runner holds the other end of standard input; when that closes it is gone.
 *
 * Called as `node database-guard.ts FOLDER`, with the data folder of the run.
 */
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server that was being started when the runner ended has its pid file by then. */
const startMs = 10_000

const dataDir = process.argv[2] ?? ''
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.stdin.resume().once('close', () => void end())

async function end(): Promise<void> {
  const until = Date.now() + startMs
  while (Date.now() < until && (await exists(dataDir))) {
    const pid = await postmaster()
    if (pid === null) {
      await sleep(200)
      continue
    }
    // At once: nobody needs these data any more.
    while (signalled(pid)) await sleep(50)
    break
  }
  await rm(dataDir, { recursive: true, force: true })
}

async function postmaster(): Promise<number | null> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(file.split('\n')[0])
  return Number.isInteger(pid) && pid > 0 ? pid : null
}

function signalled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGQUIT')
  } catch {
    return false
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
