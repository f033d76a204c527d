import { keyFingerprint } from '../installation/key.ts'
import { schemaOf } from '../platform/database/connections/connections.ts'
import { createArchive, type Head, type Manifest, readArchive } from './archive.ts'
import { sealKey } from './seal.ts'
import { listMigrations, listTables, openCopy, readRows } from './store.ts'

export type BackupOptions = {
  databaseUrl: string
  path: string
  overwrite: boolean
  version: string
  /** The installation's own. */
  key: Buffer
  /** Seals the key; null leaves the key out. */
  passphrase: string | null
  now?: () => Date
}

/**
 * Writes all rows, as they are at one moment, and reads the file back.
 * Whatever else goes on with the database goes on.
 *
 * @throws AppError `conflict` when the file exists; errors of the disk and the database, after which no file is left
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { databaseUrl, path, overwrite, version, key, passphrase, now = () => new Date() } = options
  const client = await openCopy(databaseUrl)
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const tables = await listTables(client, schemaOf(databaseUrl))
    const head: Head = {
      format: 1,
      version,
      createdAt: now().toISOString(),
      migrations: await listMigrations(client),
      keyFingerprint: keyFingerprint(key),
      key: passphrase === null ? null : await sealKey(key, passphrase),
      columns: Object.fromEntries(tables.map(({ name, columns }) => [name, columns])),
    }
    const archive = await createArchive(path, head, { overwrite })
    try {
      for (const table of tables) await archive.addTable(table.name, readRows(client, table))
      await client.query('COMMIT')
      await archive.finish()
    } catch (error) {
      await archive.abandon()
      throw error
    }
    return (await readArchive(path)).manifest
  } finally {
    await client.end()
  }
}
