import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { openSchemaEngine } from './schema-engine.ts'

const migrationsFolder = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url))

/** One migration of the project: its folder's name and its SQL. */
type Migration = { name: string; sql: string; checksum: string }

/**
 * Brings the database to the schema of this version.
 *
 * The bookkeeping is Prisma's own table `_prisma_migrations`, so
 * `prisma migrate deploy` and this function see the same state. The engine is
 * loaded only when something is missing: a warm start asks one query.
 *
 * @returns names of the migrations that were applied now, oldest first
 * @throws Error with the engine's message when a migration fails
 * @see Prisma documentation, "prisma migrate deploy"
 */
export async function migrate(connectionString: string): Promise<string[]> {
  const migrations = await readMigrations()
  if (await isUpToDate(connectionString, migrations)) return []

  return await openSchemaEngine(connectionString, async engine => {
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
  })
}

/** Whether every migration of this version has been applied as it is written here. */
export async function isMigrated(connectionString: string): Promise<boolean> {
  return await isUpToDate(connectionString, await readMigrations())
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

async function isUpToDate(connectionString: string, migrations: Migration[]): Promise<boolean> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      'select migration_name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
    )
    const applied = new Map(rows.map(row => [row.migration_name, row.checksum]))
    return migrations.every(({ name, checksum }) => applied.get(name) === checksum)
  } catch (error) {
    // 42P01, undefined_table: a database that never saw a migration.
    if (error instanceof Error && 'code' in error && error.code === '42P01') return false
    throw error
  } finally {
    await client.end()
  }
}
