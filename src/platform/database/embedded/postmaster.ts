import { execFile } from 'node:child_process'
import { open, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { AppError } from '../../../errors.ts'

const run = promisify(execFile)

/** How long a server that runs on the folder may take until it answers: it may be recovering from a crash. */
const answerMs = 60_000
/** How long a pid file may stay empty: the server writes it right after it made it. */
const emptyMs = 2_000
/** No process has this number: the largest that a pid file can hold. */
const nobody = 2_147_483_647

/**
 * Port of the server that runs on the folder, null when none does.
 *
 * `postmaster.pid` alone proves nothing: after a crash the number in it may
 * belong to any other process, which is usual in containers. A server is ours
 * when it lets us in and works on this very folder. A file that no server of
 * this folder stands behind is made harmless, as PostgreSQL itself only asks
 * whether a process of that number lives.
 *
 * @throws AppError `settings` when a server runs on the folder and does not answer
 * @see PostgreSQL documentation, "Database File Layout", postmaster.pid
 */
export async function findRunning(folder: string, password: string): Promise<number | null> {
  const until = Date.now() + answerMs
  const emptyUntil = Date.now() + emptyMs
  let last = 0
  while (Date.now() < until) {
    const file = await readPidFile(folder)
    if (file === null) return null
    if (file === 'unreadable') {
      if (Date.now() > emptyUntil) await rm(pidFile(folder), { force: true })
    } else {
      last = file.pid
      if (file.port > 0 && (await isOurs(file.port, password, folder))) return file.port
      if (!(await isPostmaster(file.pid, folder))) {
        await disown(folder, file.pid)
        return null
      }
    }
    await sleep(100)
  }
  throw new AppError('settings', `PostgreSQL runs on ${folder} as process ${last} and does not answer`, {
    remedy: `End it ("kill ${last}", and "kill -9 ${last}" when that does not help), then start again.`,
  })
}

/** Whether a server may be told to stop by its pid file: the number in it belongs to a server of this folder. */
export async function isRunning(folder: string): Promise<boolean> {
  const file = await readPidFile(folder)
  return file !== null && file !== 'unreadable' && (await isPostmaster(file.pid, folder))
}

const pidFile = (folder: string): string => join(folder, 'postmaster.pid')

async function readPidFile(folder: string): Promise<{ pid: number; port: number } | 'unreadable' | null> {
  try {
    const lines = (await readFile(pidFile(folder), 'utf8')).split('\n')
    const pid = Number(lines[0])
    return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]) || 0 } : 'unreadable'
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Whether what listens there lets us in and works on the folder. */
async function isOurs(port: number, password: string, folder: string): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'tenantry',
    password,
    database: 'postgres',
    connectionTimeoutMillis: 2000,
    query_timeout: 2000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string }>(
      "SELECT current_setting('data_directory') AS folder",
    )
    return (await realpath(rows[0]?.folder ?? '')) === (await realpath(folder))
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** Whether the process is a server that works on the folder. */
async function isPostmaster(pid: number, folder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'linux') {
    // A server makes the folder its working directory. Unreadable is another user's process.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null)
    return cwd !== null && cwd === (await realpath(folder))
  }
  // On Windows a server is asked through a pipe of its own, so the number says enough.
  if (process.platform === 'win32') return true
  const command = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  )
  return /\bpostgres\b/.test(basename(command.split(' ')[0] ?? '')) && command.includes(folder)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Puts a number that no process has into the pid file. It is not removed:
 * PostgreSQL finds in it the memory of a server whose last sessions may still
 * be at work, and then refuses to start.
 */
async function disown(folder: string, pid: number): Promise<void> {
  // Through one handle: a server that starts meanwhile makes a file of its own in the place of this one.
  const file = await open(pidFile(folder), 'r+').catch(() => null)
  if (!file) return
  try {
    const text = await file.readFile('utf8')
    if (Number(text.split('\n')[0]) !== pid) return
    await file.truncate()
    await file.write(text.replace(/^.*/, String(nobody)), 0)
  } finally {
    await file.close()
  }
}
