import { execFile } from 'node:child_process'
import { access, chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../../../errors.ts'
import { lastWords, serverLog } from './server-log.ts'

const run = promisify(execFile)

/** Who the PostgreSQL programs run as; without numbers for an ordinary user, who runs them as themself. */
export type ServerUser = { uid?: number; gid?: number; cwd: string }

/**
 * PostgreSQL refuses to run as root, so root hands it to the system user
 * `postgres`, which is made when it is missing.
 *
 * @throws AppError `settings` when the user can be neither found nor made
 */
export async function findServerUser(): Promise<ServerUser> {
  // The programs need a working directory that their user may enter.
  const cwd = process.platform === 'win32' ? process.cwd() : '/'
  if (process.getuid?.() !== 0) return { cwd }

  const found = await idsOf('postgres')
  if (found) return { ...found, cwd }
  try {
    await run('groupadd', ['--system', '--force', 'postgres'])
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'])
  } catch (cause) {
    // Another process may have made it at the same moment.
    const others = await idsOf('postgres')
    if (others) return { ...others, cwd }
    throw noServerUser(cause)
  }
  const made = await idsOf('postgres')
  if (!made) throw noServerUser()
  return { ...made, cwd }
}

function noServerUser(cause?: unknown): AppError {
  return new AppError(
    'settings',
    'PostgreSQL does not run as root, and no system user "postgres" could be made for it',
    { remedy: 'Run Tenantry as an ordinary user, or set DATABASE_URL.', cause },
  )
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}

/**
 * Runs `work` so that initdb finds a name for its user; what `work` is given
 * is put before the program: empty, or `env` with variables.
 *
 * A container may give a process a number that no passwd entry has. initdb
 * refuses that; the server does not mind. The library nss_wrapper, where it is
 * installed, answers with an entry made here, as in PostgreSQL's own images.
 */
export async function withUserName<T>(user: ServerUser, work: (prefix: string[]) => Promise<T>): Promise<T> {
  const uid = user.uid ?? process.getuid?.()
  const gid = user.gid ?? process.getgid?.()
  if (uid === undefined || gid === undefined || (await hasName(uid))) return await work([])
  const library = await findNssWrapper()
  if (!library) {
    throw new AppError(
      'settings',
      `the user id ${uid} has no entry in /etc/passwd, without which PostgreSQL makes no database`,
      {
        remedy:
          'Install the package libnss-wrapper, add an entry, run Tenantry as a user that has one, or set DATABASE_URL.',
      },
    )
  }

  const folder = await mkdtemp(join(tmpdir(), 'tenantry-user-'))
  try {
    const passwd = join(folder, 'passwd')
    const group = join(folder, 'group')
    await writeFile(passwd, `tenantry:x:${uid}:${gid}:Tenantry:${folder}:/bin/false\n`)
    await writeFile(group, `tenantry:x:${gid}:\n`)
    await chmod(folder, 0o755)
    return await work([
      'env',
      `LD_PRELOAD=${library}`,
      `NSS_WRAPPER_PASSWD=${passwd}`,
      `NSS_WRAPPER_GROUP=${group}`,
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Whether the system knows a name for the number; unknown counts as yes, as initdb then says so itself. */
async function hasName(uid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true
  return await run('id', ['-un', String(uid)]).then(
    () => true,
    error => error.code === 'ENOENT',
  )
}

/** Where Debian, Fedora and Alpine put it. */
async function findNssWrapper(): Promise<string | null> {
  const multiarch = await readdir('/usr/lib')
    .then(names => names.filter(name => name.includes('-linux-')))
    .catch(() => [])
  for (const folder of [...multiarch.map(name => `/usr/lib/${name}`), '/usr/lib64', '/usr/lib']) {
    const path = join(folder, 'libnss_wrapper.so')
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return null
}

/** Says why PostgreSQL could not work in the folder: most often a parent that its user may not enter. */
export async function explainFolder(folder: string, user: ServerUser, cause: unknown): Promise<AppError> {
  if (user.uid !== undefined) {
    for (let parent = dirname(folder); parent !== dirname(parent); parent = dirname(parent)) {
      const stats = await stat(parent).catch(() => null)
      if (stats && (stats.mode & 0o001) === 0 && stats.uid !== user.uid) {
        return new AppError('settings', `the system user "postgres" may not enter ${parent}`, {
          remedy: `Run "chmod o+x ${parent}", set TENANTRY_DATA_DIR to a folder it can reach (such as /var/lib/tenantry), or run Tenantry as an ordinary user.`,
          cause,
        })
      }
    }
  }
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
  const words = await lastWords(folder)
  const told = [said.split('\n').slice(-3).join(' | '), ...(words ? [`its log ends with: ${words}`] : [])]
  return new AppError('settings', `PostgreSQL could not be started in ${folder}: ${told.join('; ')}`, {
    remedy: `See ${serverLog(folder)}, or set DATABASE_URL to a PostgreSQL server of your own.`,
    cause,
  })
}
