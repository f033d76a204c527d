import { connect } from '../connections/connections.ts'

/** Any fixed number: the lock that one Tenantry holds on an embedded database. */
const lockId = 7_361_001

/** A lock that ends with the process that holds it, however that process ends. */
export type FolderLock = {
  release(): Promise<void>
  /** Resolves when the connection that holds it has ended, and with it the lock. */
  lost: Promise<void>
}

/**
 * Claims the embedded database for this process.
 *
 * PostgreSQL drops the lock with the connection, so a process that was killed
 * leaves nothing to clean up.
 *
 * @returns null when another process holds it
 */
export async function claimFolder(connectionString: string): Promise<FolderLock | null> {
  const client = await connect(connectionString, { name: `process ${process.pid}`, onError: () => {} })
  const lost = new Promise<void>(done => client.once('end', done))
  const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lockId])
  if (rows[0]?.got) return { release: () => client.end(), lost }
  await client.end()
  return null
}
