import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { chown, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../../errors.ts'
import { makePrivateFolder } from '../private-folder.ts'
import { ensureApplicationRole } from './embedded/application-role.ts'
import { findBinaries, type PostgresBinaries } from './embedded/binaries.ts'
import { findRunning, isRunning } from './embedded/postmaster.ts'
import { rotateLog, serverLog } from './embedded/server-log.ts'
import { explainFolder, findServerUser, type ServerUser, withUserName } from './embedded/server-user.ts'

const run = promisify(execFile)

/** Starts that are tried when another process starts on the same folder, or takes the port, at that moment. */
const mostStarts = 5
/** A folder that a start left half-made is removed after this time. */
const abandonedMs = 3600_000

/** A PostgreSQL server in the data folder, started or adopted. */
export type EmbeddedServer = {
  /** Connection string of the superuser, for migrations and supervision; the same for as long as this object lives. */
  url: string
  /** Connection string of the role that the application works as. */
  applicationUrl: string
  /** False when a server left by a process that was killed, or in use by another one, was found running. */
  startedHere: boolean
  /** Starts it again, on the same port, unless it runs. @throws Error when it cannot */
  ensure(): Promise<void>
  /** Moves a log that has grown large out of the way. */
  rotateLog(): Promise<void>
  /** Stops the server; connections are ended, data is safe. */
  stop(): Promise<void>
}

type Place = { folder: string; password: string; binaries: PostgresBinaries; user: ServerUser }

/**
 * Starts PostgreSQL in `<dataDir>/postgres`, making it first when it is not
 * there, or adopts the server that already runs on that folder. Several
 * processes may do so at the same moment.
 *
 * The server is a daemon of its own (`pg_ctl`), so a Tenantry that dies by
 * SIGKILL leaves it running and the next start simply connects to it.
 *
 * @throws AppError `settings` whose message names the cause and the remedy
 */
export async function startEmbedded(dataDir: string): Promise<EmbeddedServer> {
  const place = await openPlace(resolve(dataDir)).catch(error => {
    throw explain(error, resolve(dataDir))
  })
  const { folder, password, binaries, user } = place
  const { port, startedHere } = await startOrAdopt(place, null)
  const url = `postgresql://tenantry:${password}@127.0.0.1:${port}/postgres`

  return {
    url,
    applicationUrl: await ensureApplicationRole(url, password),
    startedHere,
    ensure: async () => void (await startOrAdopt(place, port)),
    rotateLog: () => rotateLog(folder),
    stop: async () => {
      // Told by its number in a file: only when that is a server's.
      if (!(await isRunning(folder))) return
      await run(binaries.pg_ctl, ['stop', '-D', folder, '-m', 'fast', '-w'], user)
    },
  }
}

async function openPlace(dataDir: string): Promise<Place> {
  const folder = join(dataDir, 'postgres')
  const binaries = await findBinaries()
  const user = await findServerUser()
  await makePrivateFolder(dataDir, { isEntered: user.uid !== undefined })
  const password = await keepPassword(dataDir, folder)
  await removeAbandoned(dataDir)
  if (!(await exists(join(folder, 'PG_VERSION')))) await initialise(folder, password, binaries, user)
  return { folder, password, binaries, user }
}

/** The superuser's password: whoever comes first writes it, for all. */
async function keepPassword(dataDir: string, folder: string): Promise<string> {
  const file = join(dataDir, 'postgres.password')
  if (!(await exists(file))) {
    if (await exists(join(folder, 'PG_VERSION'))) {
      throw new AppError('settings', `${file}, which opens the database beside it, is missing`, {
        remedy: 'Put it back from a backup of the data folder, or move the folder away to begin anew.',
      })
    }
    const staging = `${file}.new-${randomUUID()}`
    await writeFile(staging, randomBytes(24).toString('base64url'), { mode: 0o600 })
    // A link appears whole or not at all, and never in the place of another file.
    await link(staging, file)
      .catch(ignoreExisting)
      .finally(() => rm(staging))
  }
  return (await readFile(file, 'utf8')).trim()
}

async function initialise(
  folder: string,
  password: string,
  binaries: PostgresBinaries,
  user: ServerUser,
): Promise<void> {
  // Made beside and renamed at the end: a start that is killed half-way leaves
  // no folder that looks like a database.
  const staging = `${folder}.new-${randomUUID()}`
  await mkdir(staging, { mode: 0o700 })
  const handedOver = `${staging}.password`
  await writeFile(handedOver, password, { mode: 0o600 })
  if (user.uid !== undefined && user.gid !== undefined) {
    await chown(staging, user.uid, user.gid)
    await chown(handedOver, user.uid, user.gid)
  }
  try {
    await withUserName(user, async prefix => {
      const command = [...prefix, binaries.initdb, `--pgdata=${staging}`, `--pwfile=${handedOver}`]
      const options = ['--username=tenantry', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C']
      const [program = '', ...args] = [...command, ...options, '--no-instructions']
      await run(program, args, user)
    })
    // Another process that started at the same moment may have been faster.
    await rename(staging, folder).catch(ignoreExisting)
  } catch (cause) {
    throw cause instanceof AppError ? cause : await explainFolder(folder, user, cause)
  } finally {
    await rm(handedOver, { force: true })
    await rm(staging, { recursive: true, force: true })
  }
}

/** @param port the one it must have, null for any */
async function startOrAdopt(
  place: Place,
  port: number | null,
): Promise<{ port: number; startedHere: boolean }> {
  for (let starts = 1; ; starts++) {
    const running = await findRunning(place.folder, place.password)
    if (running !== null) return { port: running, startedHere: false }
    const own = port ?? (await freePort())
    try {
      await start(place, own)
      return { port: own, startedHere: true }
    } catch (error) {
      if (starts === mostStarts) throw error
    }
  }
}

async function start({ folder, binaries, user }: Place, port: number): Promise<void> {
  await rotateLog(folder)
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
    await run(
      binaries.pg_ctl,
      ['start', '-D', folder, '-l', serverLog(folder), '-w', '-t', '60', '-o', options],
      user,
    )
  } catch (cause) {
    throw await explainFolder(folder, user, cause)
  }
}

/** Removes what starts that were killed have left half-made. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!/^postgres(\.password)?\.new-/.test(name)) continue
    const path = join(dataDir, name)
    const stats = await stat(path).catch(() => null)
    if (stats && Date.now() - stats.mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true })
  }
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

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST' && error.code !== 'ENOTEMPTY') throw error
}

/** What the file system says of the data folder, as one line. */
function explain(error: NodeJS.ErrnoException, dataDir: string): unknown {
  if (error instanceof AppError || error.syscall === undefined) return error
  return new AppError('settings', `the data folder ${dataDir} cannot be used: ${error.message}`, {
    remedy: 'Give this user the right to write there, make room, or set TENANTRY_DATA_DIR to another folder.',
    cause: error,
  })
}
