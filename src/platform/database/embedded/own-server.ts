import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import { backoffMs } from '../../limits/backoff.ts'
import { startEmbedded } from '../embedded.ts'
import type { DatabaseAccess } from '../migrations/prepare.ts'
import { claimFolder, type FolderLock } from './folder-lock.ts'

/** The embedded server as one process has it. */
export type OwnServer = DatabaseAccess & { close(): Promise<void> }

const longestPauseMs = 10_000
const rotateEveryMs = 10 * 60_000

/**
 * Starts or adopts the server of the data folder, keeps other processes from
 * doing the same, and starts it again when it ends by itself.
 *
 * @param warn is told in words when the server ended and when it runs again
 * @throws AppError `settings` when another process has the folder, or the server cannot start
 */
export async function ownServer(dataDir: string, warn: Log['warn']): Promise<OwnServer> {
  const server = await startEmbedded(dataDir)
  const stopping = new AbortController()
  let lock = await claimFolder(server.url)
  if (!lock) {
    throw new AppError('settings', `another Tenantry already runs on the data folder ${dataDir}`, {
      remedy:
        'End it first, set TENANTRY_DATA_DIR to another folder, or give both processes one DATABASE_URL.',
    })
  }

  async function watch(held: FolderLock): Promise<void> {
    await held.lost
    if (stopping.signal.aborted) return
    lock = null
    warn({}, 'the embedded PostgreSQL ended, it is started again')
    for (let tries = 1; !stopping.signal.aborted; tries++) {
      try {
        await server.ensure()
        lock = await claimFolder(server.url)
        if (lock) break
      } catch (error) {
        if (stopping.signal.aborted) return
        warn({ err: error }, 'the embedded PostgreSQL could not be started again, it is tried once more')
      }
      const pauseMs = backoffMs(tries, { baseMs: 200, ceilingMs: longestPauseMs })
      const pause = sleep(pauseMs, undefined, { signal: stopping.signal })
      await pause.catch(() => {})
    }
    if (!lock) return
    warn({}, 'the embedded PostgreSQL runs again')
    watching = watch(lock)
  }
  let watching = watch(lock)
  const rotating = setInterval(() => {
    server.rotateLog().catch(error => warn({ err: error }, "the embedded PostgreSQL's log was not rotated"))
  }, rotateEveryMs)
  rotating.unref()

  return {
    url: server.applicationUrl,
    migrationUrl: server.url,
    async close() {
      stopping.abort()
      clearInterval(rotating)
      const held = lock
      await held?.release()
      await watching
      // Started again and not claimed yet. Whoever else has claimed it goes on using it.
      const claimed = held ? null : await claimFolder(server.url).catch(() => null)
      await claimed?.release()
      if (held || claimed) await server.stop()
    },
  }
}

/**
 * The same server for a short while: one that runs is used, one that had to be
 * started is stopped again, unless a Tenantry has begun to use it meanwhile.
 */
export async function borrowServer(dataDir: string): Promise<OwnServer> {
  const server = await startEmbedded(dataDir)
  return {
    url: server.applicationUrl,
    migrationUrl: server.url,
    async close() {
      if (!server.startedHere) return
      const lock = await claimFolder(server.url)
      if (!lock) return
      await lock.release()
      await server.stop()
    },
  }
}
