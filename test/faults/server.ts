import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { findBinaries } from '../../src/platform/database/embedded/binaries.ts'
import { findServerUser } from '../../src/platform/database/embedded/server-user.ts'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { prepareDatabase } from '../../src/platform/database/migrations/prepare.ts'

const run = promisify(execFile)

/** A PostgreSQL of its own, migrated, to which everything may be done. */
export type FaultyServer = {
  url: string
  /** `pg_ctl stop -m immediate`: as after the power went. */
  stopAtOnce(): Promise<void>
  start(): Promise<void>
  /** Ends every connection of Tenantry's. @returns how many */
  terminate(): Promise<number>
  setReadOnly(isReadOnly: boolean): Promise<void>
  /** Every process of the server stands still: connections stay, nothing answers. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  adminUrl: string
  /** Runs a statement as nobody of Tenantry's. */
  query<T extends pg.QueryResultRow>(text: string): Promise<T[]>
  remove(): Promise<void>
}

export async function startFaultyServer(): Promise<FaultyServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-faults-'))
  await chmod(dataDir, 0o755)
  const folder = join(dataDir, 'postgres')
  const server = await startEmbedded(dataDir)
  await prepareDatabase({ url: server.applicationUrl, migrationUrl: server.url })
  const [{ pg_ctl: pgCtl }, user] = await Promise.all([findBinaries(), findServerUser()])

  async function query<T extends pg.QueryResultRow>(text: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: server.url, application_name: 'fault' })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<T>(text)).rows
    } finally {
      await client.end()
    }
  }

  async function signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    for (const pid of await processesIn(folder)) {
      try {
        process.kill(pid, name)
      } catch {
        // A session that ended meanwhile.
      }
    }
  }

  return {
    url: server.applicationUrl,
    adminUrl: server.url,
    query,
    stopAtOnce: async () => void (await run(pgCtl, ['stop', '-D', folder, '-m', 'immediate', '-w'], user)),
    start: () => server.ensure(),
    async terminate() {
      const ended = await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tenantry %'`,
      )
      return ended.length
    },
    async setReadOnly(isReadOnly) {
      await query(`ALTER SYSTEM SET default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`)
      await query('SELECT pg_reload_conf()')
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async remove() {
      await signal('SIGCONT')
      await server.stop().catch(() => {})
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The server and its sessions, all of which have the folder as their working directory. */
async function processesIn(folder: string): Promise<number[]> {
  const numbers = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const found = await Promise.all(
    numbers.map(async name => {
      const cwd = await readlink(`/proc/${name}/cwd`).catch(() => null)
      const isServer = cwd === folder && (await readFile(`/proc/${name}/comm`, 'utf8').catch(() => '')) !== ''
      return isServer ? [Number(name)] : []
    }),
  )
  return found.flat()
}
