import pg from 'pg'
import { TimedClient } from './timed-client.ts'

/**
 * How long each step with the database may take. A server that is frozen, or
 * a network that swallows what is sent, then fails what waits instead of
 * holding it for ever; a process of ours that is frozen loses its locks.
 */
export const databaseLimits = {
  /** To connect, and to wait for a free connection of the pool, in milliseconds. */
  connectMs: 10_000,
  /** The server ends a statement after this. */
  statementMs: 25_000,
  /** We give the connection up after this: no answer came, not even that the statement was ended. */
  answerMs: 30_000,
  /** The server ends the wait for a lock after this. */
  lockMs: 10_000,
  /** The server ends a transaction in which nothing is asked for this long. */
  idleInTransactionMs: 10_000,
  /** A connection that nobody needs is closed after this. */
  idleMs: 30_000,
  /** A connection is replaced after this, so that a new address or role of a server is found. */
  lifeSeconds: 1800,
  /** A silent connection is probed by TCP after this. */
  keepAliveMs: 10_000,
}

/**
 * What every session is set to, whatever server, database and role have: our
 * statements and the readers of their answers count on it. Prisma takes the
 * text of a time for UTC and sends UTC without saying so.
 */
const sessionSettings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  lock_timeout: String(databaseLimits.lockMs),
  idle_in_transaction_session_timeout: String(databaseLimits.idleInTransactionMs),
}

export type ConnectionOptions = {
  /** What the server's list of sessions calls it. */
  name: string
  /** Connections at most. */
  max: number
  /** False for statements that may take as long as they need: migrations, backups. */
  isTimed?: boolean
  /** Is told when an idle connection breaks; the pool goes on without it. */
  onError?: (error: Error) => void
}

/** Name of the schema that holds the tables, from the connection string's `schema`; `public` unless told. */
export function schemaOf(connectionString: string): string {
  const query = connectionString.split('?')[1]
  return new URLSearchParams(query).get('schema') || 'public'
}

/**
 * pg takes `require` for `verify-full`, warns that this will change, and does
 * so on every start. It stays: a certificate that nobody checks protects nothing.
 * `no-verify`, and `uselibpqcompat=true`, are left as they are.
 */
export function withCheckedTls(connectionString: string): string {
  if (/[?&]uselibpqcompat=true/.test(connectionString)) return connectionString
  return connectionString.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

/** The connection string, with the schema of another one to the same database when it names none. */
export function withSchemaOf(connectionString: string, other: string): string {
  const schema = schemaOf(other)
  if (schema === schemaOf(connectionString)) return connectionString
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}schema=${encodeURIComponent(schema)}`
}

/** Name of something that belongs to the whole database, which may hold an installation in each schema. */
export function nameInDatabase(connectionString: string, name: string): string {
  const schema = schemaOf(connectionString)
  return schema === 'public' ? name : `${name}_${schema}`
}

/**
 * Options of a pool whose sessions are all alike. For libraries that make their
 * own pool; everything else takes `createPool`.
 *
 * The settings are a statement and not part of the connection's start, as
 * poolers refuse most of those.
 */
export function poolConfig(connectionString: string, options: ConnectionOptions): pg.PoolConfig {
  const { name, max, isTimed = true } = options
  return {
    ...clientConfig(connectionString, name, isTimed),
    max,
    Client: TimedClient,
    idleTimeoutMillis: databaseLimits.idleMs,
    maxLifetimeSeconds: databaseLimits.lifeSeconds,
    onConnect: client => prepareSession(client, schemaOf(connectionString), isTimed),
  }
}

export function createPool(connectionString: string, options: ConnectionOptions): pg.Pool {
  const pool = new pg.Pool(poolConfig(connectionString, options))
  // Without a listener a connection that breaks while nobody uses it would end the process.
  pool.on('error', error => {
    if (!pool.ending) options.onError?.(error)
  })
  return pool
}

/**
 * One connection of its own, such as for LISTEN.
 *
 * @param onError is told when the connection breaks; without a listener that would end the process
 * @throws Error of pg when the database cannot be reached
 */
export async function connect(
  connectionString: string,
  { name, onError, isTimed = true }: { name: string; onError: (error: Error) => void; isTimed?: boolean },
): Promise<pg.Client> {
  const client = new TimedClient(clientConfig(connectionString, name, isTimed))
  client.on('error', onError)
  try {
    await client.connect()
    await prepareSession(client, schemaOf(connectionString), isTimed)
    return client
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

function clientConfig(connectionString: string, name: string, isTimed: boolean): pg.ClientConfig {
  return {
    connectionString: withCheckedTls(connectionString),
    application_name: `tenantry ${name}`,
    connectionTimeoutMillis: databaseLimits.connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: databaseLimits.keepAliveMs,
    ...(isTimed ? { query_timeout: databaseLimits.answerMs } : {}),
  }
}

async function prepareSession(client: pg.ClientBase, schema: string, isTimed: boolean): Promise<void> {
  const settings = Object.entries({
    ...sessionSettings,
    statement_timeout: isTimed ? String(databaseLimits.statementMs) : '0',
    search_path: pg.escapeIdentifier(schema),
  })
  const calls = settings.map(([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, false)`)
  await client.query(`SELECT ${calls.join(', ')}`)
}
