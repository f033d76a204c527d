import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { findBinaries, type PostgresBinaries } from './binaries.ts'
import { explainFolder, findServerUser, type ServerUser } from './server-user.ts'

const run = promisify(execFile)

/** A PostgreSQL server in the data folder, started or adopted. */
export type EmbeddedServer = {
  /** Connection string of the `tenantry` database. */
  url: string
  /** False when a server left by a process that was killed, or in use by another one, was found running. */
  startedHere: boolean
  /** Stops the server; connections are ended, data is safe. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL in `<dataDir>/postgres`, making it first when it is not
 * there, or adopts the server that already runs on that folder.
 *
 * The server is a daemon of its own (`pg_ctl`), so a Tenantry that dies by
 * SIGKILL leaves it running and the next start simply connects to it.
 *
 * @throws Error whose message names the cause and the remedy
 */
export async function startEmbedded(dataDir: string): Promise<EmbeddedServer> {
  const folder = resolve(dataDir, 'postgres')
  const binaries = await findBinaries()
  await mkdir(resolve(dataDir), { recursive: true })
  const user = await findServerUser()
  if (!(await exists(join(folder, 'PG_VERSION')))) await initialise(folder, binaries, user)
  const password = (await readFile(join(folder, '..', 'postgres.password'), 'utf8')).trim()

  const running = await runningPort(folder, binaries, user)
  const port = running ?? (await freePort())
  if (running === null) await start(folder, port, binaries, user)

  return {
    url: `postgresql://tenantry:${password}@127.0.0.1:${port}/postgres`,
    startedHere: running === null,
    stop: async () => {
      await run(binaries.pg_ctl, ['stop', '-D', folder, '-m', 'fast', '-w'], user)
    },
  }
}

async function initialise(folder: string, binaries: PostgresBinaries, user: ServerUser): Promise<void> {
  // Made beside and renamed at the end: a start that is killed half-way leaves
  // no folder that looks like a database.
  const staging = `${folder}.new-${process.pid}`
  const passwordFile = join(folder, '..', 'postgres.password')
  const password = randomBytes(24).toString('base64url')
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging, { mode: 0o700 })
  const handedOver = `${staging}.password`
  await writeFile(handedOver, password, { mode: 0o600 })
  if (user.uid !== undefined && user.gid !== undefined) {
    await chown(staging, user.uid, user.gid)
    await chown(handedOver, user.uid, user.gid)
  }
  try {
    await run(
      binaries.initdb,
      [`--pgdata=${staging}`, '--username=tenantry', `--pwfile=${handedOver}`].concat([
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ]),
      user,
    )
  } catch (cause) {
    await rm(staging, { recursive: true, force: true })
    throw new Error(await explainFolder(folder, user, cause), { cause })
  } finally {
    await rm(handedOver, { force: true })
  }
  await writeFile(passwordFile, password, { mode: 0o600 })
  await chmod(passwordFile, 0o600)
  await rename(staging, folder)
}

async function start(
  folder: string,
  port: number,
  binaries: PostgresBinaries,
  user: ServerUser,
): Promise<void> {
  const log = join(folder, 'server.log')
  const options = [
    `-p ${port}`,
    '-c listen_addresses=127.0.0.1',
    "-c unix_socket_directories=''",
    '-c max_connections=120',
    '-c jit=off',
    '-c timezone=UTC',
    '-c log_timezone=UTC',
  ].join(' ')
  try {
    await run(binaries.pg_ctl, ['start', '-D', folder, '-l', log, '-w', '-t', '60', '-o', options], user)
  } catch (cause) {
    const tail = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' | ')
    throw new Error(
      `${await explainFolder(folder, user, cause)}${tail ? ` Last words of the server: ${tail}` : ''}`,
      {
        cause,
      },
    )
  }
}

/** Port of the server that runs on the folder, null when none does. */
async function runningPort(
  folder: string,
  binaries: PostgresBinaries,
  user: ServerUser,
): Promise<number | null> {
  try {
    await run(binaries.pg_ctl, ['status', '-D', folder], user)
  } catch {
    // Exit status 3: no server. A stale postmaster.pid is PostgreSQL's own to clear.
    return null
  }
  // Line 4 of postmaster.pid is the port (PostgreSQL documentation, "Database File Layout").
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')
  return Number(lines[3])
}

async function freePort(): Promise<number> {
  return await new Promise((done, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
