import pg from 'pg'
import { isLoopback } from '../../loopback.ts'
import { withCheckedTls } from './connections.ts'

/**
 * The host to which a connection string leads without TLS; null when it uses
 * TLS, or stays on this machine (loopback, or a socket in the file system).
 *
 * pg itself reads the string, with what it adds from `PGHOST` and `PGSSLMODE`,
 * so that what is judged here is what is done later.
 */
export function hostWithoutTls(connectionString: string): string | null {
  try {
    const { host, ssl } = new pg.Client({ connectionString: withCheckedTls(connectionString) })
    return ssl || isLoopback(host) || host.startsWith('/') ? null : host
  } catch {
    // A file that it names cannot be read, such as sslrootcert: the connection is refused with that.
    return null
  }
}
