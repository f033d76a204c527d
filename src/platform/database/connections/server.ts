import type pg from 'pg'

export type DatabaseServer = {
  /** Such as `18.4`. */
  version: string
  /** Whether our connection to it uses TLS. */
  isEncrypted: boolean
  /** Whether it is reached by loopback or a socket. */
  isLocal: boolean
}

/** SQL, since only the server knows its version and how we came. */
export async function describeServer(connection: Pick<pg.Pool, 'query'>): Promise<DatabaseServer> {
  const { rows } = await connection.query<DatabaseServer>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
       coalesce(inet_server_addr() << '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS "isLocal"`,
  )
  return rows[0] ?? { version: '', isEncrypted: false, isLocal: false }
}
