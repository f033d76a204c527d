import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connect, nameInDatabase, schemaOf } from '../connections/connections.ts'
import { explainDatabase, placeOf, refuse } from '../connections/refusals.ts'

/** The oldest PostgreSQL on which every statement has been run. */
const oldestVersion = 14
/** How long a server that is just starting is waited for. */
const startingMs = 30_000

type ServerState = {
  isStandby: boolean
  isReadOnly: boolean
  encoding: string
  user: string
  database: string
  hasSchema: boolean
  mayMakeTables: boolean
  hasQueue: boolean
  mayMakeSchemas: boolean
}

/**
 * Makes sure that the database can be worked with, before anything does.
 *
 * @param options.isMigrated whether this role makes no tables, as another one did
 * @returns the connection string, with the schema that the role's own settings lead to when it names none
 * @throws AppError `settings` with the cause and the remedy in one line
 */
export async function checkServer(
  connectionString: string,
  options: { isMigrated: boolean } = { isMigrated: false },
): Promise<string> {
  const place = placeOf(connectionString)
  const until = Date.now() + startingMs
  for (;;) {
    try {
      return await check(connectionString, options)
    } catch (error) {
      if (!isStarting(error) || Date.now() > until) throw explainDatabase(error, place)
      await sleep(500)
    }
  }
}

/** 57P03, cannot_connect_now: usual when server and Tenantry start together. */
function isStarting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57P03'
}

async function check(connectionString: string, options: { isMigrated: boolean }): Promise<string> {
  const client = await connect(connectionString, { name: 'check', onError: () => {} })
  try {
    await checkVersion(client)
    await checkSessions(client, connectionString)
    const url = await withSchema(client, connectionString)
    await checkState(client, url, options)
    return url
  } finally {
    await client.end()
  }
}

async function checkVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num')
  const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000)
  if (major >= oldestVersion) return
  throw refuse(
    `its server is PostgreSQL ${major}`,
    `Upgrade it: Tenantry needs PostgreSQL ${oldestVersion} or newer.`,
  )
}

/**
 * Refuses a pooler that gives a session to whoever has a transaction: LISTEN
 * and settings of a session would reach others, or nobody.
 *
 * A server tells its process number when a connection begins. A pooler tells a
 * number of its own; it is then asked from two connections whether each keeps
 * its session.
 */
async function checkSessions(client: pg.Client, connectionString: string): Promise<void> {
  const own = await sessionNumber(client)
  if ('processID' in client && client.processID === own) return
  const second = await connect(connectionString, { name: 'check', onError: () => {} })
  try {
    await second.query('BEGIN')
    const others = await sessionNumber(second)
    // The one that was ours a moment ago is in the second's transaction, or another is ours now.
    const shared = others === own || (await sessionNumber(client)) !== own
    await second.query('COMMIT')
    if (shared) throw transactionPooler()
  } catch (error) {
    // 08P01: statement pooling allows no transactions at all.
    if (error instanceof Error && 'code' in error && error.code === '08P01') throw transactionPooler()
    throw error
  } finally {
    await second.end()
  }
}

function transactionPooler(): Error {
  return refuse(
    'DATABASE_URL leads to a pooler in transaction mode, where LISTEN and the settings of a session do not work',
    "Use the server's own address, or a pool in session mode (PgBouncer: pool_mode = session).",
  )
}

async function sessionNumber(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid
}

/** Where tables are made is the connection string's to say, then the role's or the database's `search_path`. */
async function withSchema(client: pg.Client, connectionString: string): Promise<string> {
  const named = new URLSearchParams(connectionString.split('?')[1]).get('schema')
  if (named) {
    // It becomes part of other names, which end at 63 bytes.
    if (/^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(named)) return connectionString
    throw refuse(
      `the schema "${named}" in DATABASE_URL has a name that cannot be used`,
      'Use letters, digits and _.',
    )
  }
  await client.query('RESET search_path')
  const { rows } = await client.query<{ schema: string | null; isOld: boolean }>(
    `SELECT current_schema() AS schema, to_regclass('public._prisma_migrations') IS NOT NULL AS "isOld"`,
  )
  const { schema, isOld } = rows[0] ?? { schema: null, isOld: false }
  if (!schema || schema === 'public' || isOld) return connectionString
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}schema=${encodeURIComponent(schema)}`
}

async function checkState(
  client: pg.Client,
  url: string,
  { isMigrated }: { isMigrated: boolean },
): Promise<void> {
  const schema = schemaOf(url)
  const server = await readState(client, schema, nameInDatabase(url, 'pgboss'))
  if (server.isStandby) {
    throw refuse(
      'its server is a standby, which only reads',
      'Use the address of the primary in DATABASE_URL.',
    )
  }
  if (server.isReadOnly) {
    throw refuse(
      `sessions of role "${server.user}" in database "${server.database}" are read-only`,
      'Set default_transaction_read_only to off for the server, the database and the role.',
    )
  }
  if (server.encoding !== 'UTF8') {
    throw refuse(
      `database "${server.database}" is encoded as ${server.encoding}, which cannot hold every character`,
      "Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it in DATABASE_URL.",
    )
  }
  const [role, inDatabase] = [pg.escapeIdentifier(server.user), pg.escapeIdentifier(server.database)]
  if (server.hasSchema && !server.mayMakeTables && !isMigrated) {
    throw refuse(
      `role "${server.user}" may not make tables in schema "${schema}"`,
      `Run GRANT USAGE, CREATE ON SCHEMA ${pg.escapeIdentifier(schema)} TO ${role} in that database.`,
    )
  }
  if (!(server.hasSchema && server.hasQueue) && !server.mayMakeSchemas) {
    throw refuse(
      `role "${server.user}" may not make schemas in database "${server.database}"`,
      `Run GRANT CREATE ON DATABASE ${inDatabase} TO ${role}.`,
    )
  }
}

async function readState(client: pg.Client, schema: string, queue: string): Promise<ServerState> {
  const { rows } = await client.query<ServerState>(
    `SELECT pg_is_in_recovery() AS "isStandby",
       current_setting('transaction_read_only') = 'on' AS "isReadOnly",
       pg_encoding_to_char(d.encoding) AS encoding,
       current_user::text AS "user", d.datname::text AS database,
       has_database_privilege(d.oid, 'CREATE') AS "mayMakeSchemas",
       s.oid IS NOT NULL AS "hasSchema", q.oid IS NOT NULL AS "hasQueue",
       coalesce(has_schema_privilege(s.oid, 'CREATE') AND has_schema_privilege(s.oid, 'USAGE'), false) AS "mayMakeTables"
     FROM pg_database d
     LEFT JOIN pg_namespace s ON s.nspname = $1 LEFT JOIN pg_namespace q ON q.nspname = $2
     WHERE d.datname = current_database()`,
    [schema, queue],
  )
  const server = rows[0]
  if (!server) throw new Error('pg_database does not list the database of this session')
  return server
}
