import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Who the PostgreSQL programs run as; empty for an ordinary user, who runs them as themself. */
export type ServerUser = { uid?: number; gid?: number; cwd: string }

/**
 * PostgreSQL refuses to run as root, so root hands it to the system user
 * `postgres`, which is made when it is missing.
 *
 * @throws Error with the remedy when the user can be neither found nor made
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
    throw new Error(
      'PostgreSQL does not run as root and no system user "postgres" could be made: run Tenantry as an ordinary user, or set DATABASE_URL.',
      { cause },
    )
  }
  const made = await idsOf('postgres')
  if (!made)
    throw new Error('The system user "postgres" was made but cannot be found: set DATABASE_URL instead.')
  return { ...made, cwd }
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}

/** Says why PostgreSQL could not work in the folder: most often a parent that its user may not enter. */
export async function explainFolder(folder: string, user: ServerUser, cause: unknown): Promise<string> {
  if (user.uid !== undefined) {
    for (let parent = dirname(folder); parent !== dirname(parent); parent = dirname(parent)) {
      const facts = await stat(parent).catch(() => null)
      if (facts && (facts.mode & 0o001) === 0 && facts.uid !== user.uid) {
        return `The system user "postgres" may not enter ${parent}: run "chmod o+x ${parent}", set TENANTRY_DATA_DIR to a folder it can reach (such as /var/lib/tenantry), or run Tenantry as an ordinary user.`
      }
    }
  }
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
  return `PostgreSQL could not be started in ${folder}: ${said.split('\n').slice(-3).join(' | ')}`
}
