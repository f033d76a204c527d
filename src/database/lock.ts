import pg from 'pg'

/** Any fixed number: the lock that one Tenantry holds on an embedded database. */
const lockId = 7_361_001

/** A lock that ends with the process that holds it, however that process ends. */
export type FolderLock = { release(): Promise<void> }

/**
 * Claims the embedded database for this process.
 *
 * PostgreSQL drops the lock with the connection, so a process that was killed
 * leaves nothing to clean up.
 *
 * @returns null when another process holds it
 */
export async function claimFolder(connectionString: string): Promise<FolderLock | null> {
  const client = new pg.Client({ connectionString, application_name: `tenantry ${process.pid}` })
  await client.connect()
  client.on('error', () => {})
  const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lockId])
  if (rows[0]?.got) return { release: () => client.end() }
  await client.end()
  return null
}
