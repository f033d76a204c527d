import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { connect, schemaOf } from '../platform/database/connections/connections.ts'

/** Those who signed in do so again, and rates fill by themselves: neither is worth bringing back. */
const left = new Set(['Session', 'QuotaBucket', '_prisma_migrations'])

export type Table = { name: string; columns: string[] }

/**
 * A connection for a backup or a restore, without limits of time. SQL
 * throughout: COPY moves rows as they are, and catalogs say which there are.
 */
export async function openCopy(connectionString: string): Promise<pg.Client> {
  const client = await connect(connectionString, { name: 'backup', onError: () => {}, isTimed: false })
  // Rows come in the order in which they were written, so that they can be compared.
  await client.query(
    'SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0; SET synchronize_seqscans = off',
  )
  return client
}

/** All tables, those that others refer to before these. */
export async function listTables(client: pg.Client, schema: string): Promise<Table[]> {
  const { rows: tables } = await client.query<Table>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE n.nspname = $1 AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname`,
    [schema],
  )
  const { rows: links } = await client.query<{ child: string; parent: string }>(
    `SELECT DISTINCT c.relname AS child, p.relname AS parent FROM pg_constraint k
     JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND n.nspname = $1 AND c.oid <> p.oid`,
    [schema],
  )
  return parentsFirst(
    tables.filter(({ name }) => !left.has(name)),
    links,
  )
}

function parentsFirst(tables: Table[], links: { child: string; parent: string }[]): Table[] {
  const sorted: Table[] = []
  let waiting = tables
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ name }) => name))
    const isFree = ({ name }: Table) =>
      !links.some(({ child, parent }) => child === name && names.has(parent))
    const free = waiting.filter(isFree)
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${[...names].join(', ')}`)
    sorted.push(...free)
    waiting = waiting.filter(table => !free.includes(table))
  }
  return sorted
}

export async function listMigrations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  )
  return rows.map(({ name }) => name)
}

/** Rows as COPY writes them as text, each line a row. */
export async function* readRows(client: pg.Client, { name, columns }: Table): AsyncGenerator<Buffer> {
  // The stream ends before the server says that it is ready for the next statement.
  const isReady = new Promise<void>(done => client.once('drain', () => done()))
  yield* client.query(copyTo(`COPY ${pg.escapeIdentifier(name)} (${listOf(columns)}) TO STDOUT`))
  await isReady
}

export async function writeRows(
  client: pg.Client,
  { name, columns }: Table,
  rows: AsyncIterable<Buffer>,
): Promise<void> {
  const into = client.query(copyFrom(`COPY ${pg.escapeIdentifier(name)} (${listOf(columns)}) FROM STDIN`))
  await pipeline(rows, into)
}

export async function emptyTables(client: pg.Client, names: string[]): Promise<void> {
  if (names.length > 0) await client.query(`TRUNCATE ${listOf(names)} CASCADE`)
}

/** Lets counters go on after the rows that were brought in. */
export async function setSequences(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT c.relname AS table, a.attname::text AS column,
       pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) AS sequence
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE n.nspname = $1 AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) IS NOT NULL`,
    [schema],
  )
  for (const { table, column, sequence } of rows) {
    await client.query(
      `SELECT setval($1, max(${pg.escapeIdentifier(column)})) FROM ${pg.escapeIdentifier(table)}
       HAVING max(${pg.escapeIdentifier(column)}) IS NOT NULL`,
      [sequence],
    )
  }
}

/** Whether the schema holds an installation: rows that somebody would miss. */
export async function isInUse(client: pg.Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ known: boolean }>('SELECT to_regclass($1) IS NOT NULL AS known', [
    `${pg.escapeIdentifier(schema)}."Tenant"`,
  ])
  if (!rows[0]?.known) return false
  const { rows: found } = await client.query<{ isUsed: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM "Tenant") OR EXISTS (SELECT 1 FROM "AuditEvent") OR EXISTS (SELECT 1 FROM "Invitation") AS "isUsed"`,
  )
  return found[0]?.isUsed ?? false
}

/** Other sessions of Tenantry's on this database at the moment. */
export async function countOthers(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(DISTINCT application_name)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name IN ('tenantry queries', 'tenantry jobs') AND pid <> pg_backend_pid()`,
  )
  return rows[0]?.count ?? 0
}

export async function makeSchema(client: pg.Client, schema: string): Promise<void> {
  await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`)
}

export async function dropSchema(client: pg.Client, schema: string): Promise<void> {
  await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`)
}

/**
 * Puts the tables of one schema in the place of those of another, and removes
 * the queue with its jobs, all in one transaction: until it commits everything
 * is as it was.
 */
export async function replaceTables(
  client: pg.Client,
  { staging, queue }: { staging: string; queue: string },
  target: string = schemaOf(''),
): Promise<void> {
  const [from, to] = [pg.escapeIdentifier(staging), pg.escapeIdentifier(target)]
  await client.query('BEGIN')
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${to}`)
    for (const name of await tableNames(client, target))
      await client.query(`DROP TABLE ${to}.${pg.escapeIdentifier(name)} CASCADE`)
    for (const name of await tableNames(client, staging))
      await client.query(`ALTER TABLE ${from}.${pg.escapeIdentifier(name)} SET SCHEMA ${to}`)
    await client.query(`DROP SCHEMA ${from} CASCADE`)
    await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(queue)} CASCADE`)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

async function tableNames(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1',
    [schema],
  )
  return rows.map(({ name }) => name)
}

function listOf(columns: string[]): string {
  return columns.map(column => pg.escapeIdentifier(column)).join(', ')
}
