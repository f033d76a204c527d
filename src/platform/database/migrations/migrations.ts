import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { connect, nameInDatabase } from '../connections/connections.ts'
import { refuse } from '../connections/refusals.ts'
import { openSchemaEngine } from './schema-engine.ts'

const migrationsFolder = fileURLToPath(new URL('../../../../prisma/migrations/', import.meta.url))

/** How long another process may take to migrate before this one gives up. */
const waitMs = 10 * 60_000

/** One migration of the project: its folder's name and its SQL. */
type Migration = { name: string; sql: string; checksum: string }

/** A row of Prisma's table: a migration that was begun here or by another version. */
type Applied = { name: string; checksum: string; isFinished: boolean }

/**
 * Brings the database to the schema of this version. Of several processes that
 * start at once one does it, the others wait.
 *
 * The bookkeeping is Prisma's own table `_prisma_migrations`, so
 * `prisma migrate deploy` and this function see the same state. The engine is
 * loaded only when something is missing: a warm start asks one query.
 *
 * @param only names of those to apply, for a database that is to be as an older version left it; all unless told
 * @returns names of the migrations that were applied now, oldest first
 * @throws AppError `settings` when a newer version has migrated the database, or a migration fails
 * @see Prisma documentation, "prisma migrate deploy"
 */
export async function migrate(connectionString: string, only?: readonly string[]): Promise<string[]> {
  const all = await readMigrations()
  const migrations = only ? all.filter(({ name }) => only.includes(name)) : all
  const client = await connect(connectionString, { name: 'migrations', onError: () => {}, isTimed: false })
  try {
    if (isUpToDate(await readApplied(client), migrations)) return []
    await lock(client, nameInDatabase(connectionString, 'tenantry.migrations'))
    const applied = await readApplied(client)
    if (isUpToDate(applied, migrations)) return []
    return await apply(connectionString, migrations, applied)
  } finally {
    // The lock ends with the session.
    await client.end()
  }
}

/** Whether every migration of this version has been applied as it is written here. */
export async function isMigrated(connection: Pick<pg.Pool, 'query'>): Promise<boolean> {
  return isComplete(await readApplied(connection), await readMigrations())
}

/** Names of this version's migrations, oldest first. */
export async function knownMigrations(): Promise<string[]> {
  return (await readMigrations()).map(({ name }) => name)
}

async function readMigrations(): Promise<Migration[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true })
  const names = entries
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
  return await Promise.all(
    names.map(async name => {
      const sql = await readFile(`${migrationsFolder}${name}/migration.sql`, 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

async function readApplied(client: Pick<pg.ClientBase, 'query'>): Promise<Applied[]> {
  try {
    const { rows } = await client.query<Applied>(
      `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished"
       FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    )
    return rows
  } catch (error) {
    // 42P01, undefined_table: a database that never saw a migration.
    if (error instanceof Error && 'code' in error && error.code === '42P01') return []
    throw error
  }
}

function isComplete(applied: Applied[], migrations: Migration[]): boolean {
  const finished = new Map(
    applied.filter(({ isFinished }) => isFinished).map(({ name, checksum }) => [name, checksum]),
  )
  return migrations.every(({ name, checksum }) => finished.get(name) === checksum)
}

/** @throws AppError `settings` when the database is ahead of this version */
function isUpToDate(applied: Applied[], migrations: Migration[]): boolean {
  const known = new Set(migrations.map(({ name }) => name))
  const newer = applied
    .filter(({ name, isFinished }) => isFinished && !known.has(name))
    .map(({ name }) => name)
  if (newer.length > 0) {
    throw refuse(
      `a newer version of Tenantry has changed it (${newer.sort().at(-1)})`,
      'Start that version or a later one, or restore a backup from before the upgrade.',
    )
  }
  return isComplete(applied, migrations)
}

/** Waits for a lock of the session; asking again and again needs no statement that lasts. */
async function lock(client: pg.Client, name: string): Promise<void> {
  const until = Date.now() + waitMs
  for (;;) {
    const { rows } = await client.query<{ got: boolean }>(
      'SELECT pg_try_advisory_lock(hashtext($1)) AS got',
      [name],
    )
    if (rows[0]?.got) return
    if (Date.now() > until) {
      throw refuse(
        'another process has been applying migrations for ten minutes',
        'Look in pg_stat_activity for "tenantry migrations" and what it waits for, end it if it hangs, and start again.',
      )
    }
    await sleep(200)
  }
}

async function apply(
  connectionString: string,
  migrations: Migration[],
  applied: Applied[],
): Promise<string[]> {
  return await openSchemaEngine(connectionString, async engine => {
    // PostgreSQL takes a migration back as a whole when it fails, so it can be tried again.
    for (const { name, isFinished } of applied) {
      if (!isFinished && migrations.some(migration => migration.name === name)) {
        await engine.markMigrationRolledBack({ migrationName: name })
      }
    }
    try {
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: {
          baseDir: migrationsFolder,
          lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
          shadowDbInitScript: '',
          migrationDirectories: migrations.map(({ name, sql }) => ({
            path: name,
            migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
          })),
        },
        filters: { externalTables: [], externalEnums: [] },
      })
      return appliedMigrationNames
    } catch (error) {
      throw explainMigration(error)
    }
  })
}

function explainMigration(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error)
  // Prisma's error reference: P3005, the database schema is not empty.
  if (error instanceof Error && 'code' in error && error.code === 'P3005') {
    return refuse(
      'its schema holds tables of something else',
      'Name an empty database in DATABASE_URL, or add a schema of its own, such as ?schema=tenantry.',
      error,
    )
  }
  const name = /migration_name="([^"]+)"/.exec(text)?.[1] ?? ''
  const said = /ERROR: (.+)/.exec(text)?.[1] ?? text
  return refuse(
    `migration ${name} failed: ${said}`,
    'Nothing of it took effect and no data is lost. Remove the cause and start again: it is tried once more.',
    error,
  )
}
