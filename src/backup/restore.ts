import { createHash, randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import type pg from 'pg'
import { createAudit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import { keyFingerprint } from '../installation/key.ts'
import { nameInDatabase, schemaOf } from '../platform/database/connections/connections.ts'
import { openDatabase } from '../platform/database/index.ts'
import { knownMigrations, migrate } from '../platform/database/migrations/migrations.ts'
import { type Head, type Manifest, readArchive, type TableSummary } from './archive.ts'
import { openSealedKey } from './seal.ts'
import {
  countOthers,
  dropSchema,
  emptyTables,
  isInUse,
  makeSchema,
  openCopy,
  readRows,
  replaceTables,
  setSequences,
  type Table,
  writeRows,
} from './store.ts'

export type RestoreOptions = {
  databaseUrl: string
  path: string
  /** Replaces what the database holds. */
  overwrite: boolean
  passphrase: string | null
  /** The key that the settings hold, where they hold one. */
  givenKey: Buffer | null
}

export type Restored = {
  manifest: Manifest
  createdAt: string
  /** The installation's key; null when the backup has none and none was given. */
  key: Buffer | null
  /** Of the audit's chain; null without the key. */
  audit: { events: number; isIntact: boolean } | null
  /** Kinds of connections that running processes have, which must be restarted. */
  others: number
}

/** The installation key of a backup, for whoever sets it for every process. @throws AppError `invalid` */
export async function showKey(path: string, passphrase: string): Promise<Buffer> {
  const { head } = await readArchive(path)
  if (head.key) return await openSealedKey(head.key, passphrase)
  throw new AppError('invalid', `${path} holds no installation key: it was made with --without-key`)
}

/**
 * Brings a backup into the database.
 *
 * The rows go into a schema of their own first, are read back and compared, and
 * are brought to this version; the audit's chain is verified with the key. Only
 * then they take the place of what was there, in one transaction: whatever
 * fails before leaves the database as it was.
 *
 * @throws AppError `conflict` when the database is in use, `invalid` when the backup cannot be used
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { databaseUrl, path, overwrite } = options
  // All of it, before anything is touched.
  const { head, manifest } = await readArchive(path)
  await requireKnown(head)
  const key = await keyOf(head, options)
  const target = schemaOf(databaseUrl)
  const staging = `tenantry_restore_${randomUUID().slice(0, 8)}`
  const stagingUrl = withSchema(databaseUrl, staging)
  const main = await openCopy(databaseUrl)
  try {
    if (!overwrite && (await isInUse(main, target))) {
      throw new AppError('conflict', 'the database holds an installation already', {
        remedy: 'Restore into an empty database, or add --overwrite to replace what is there.',
      })
    }
    await makeSchema(main, staging)
    try {
      await migrate(stagingUrl, head.migrations)
      await load(stagingUrl, path, head)
      await compareRows(stagingUrl, head, manifest)
      await migrate(stagingUrl)
      const audit = await checkAudit(stagingUrl, key)
      const others = await countOthers(main)
      await replaceTables(main, { staging, queue: nameInDatabase(databaseUrl, 'pgboss') }, target)
      return { manifest, createdAt: head.createdAt, key, audit, others }
    } finally {
      await dropSchema(main, staging)
    }
  } finally {
    await main.end()
  }
}

async function requireKnown({ migrations, version }: Head): Promise<void> {
  const known = new Set(await knownMigrations())
  const newer = migrations.filter(name => !known.has(name))
  if (newer.length === 0) return
  throw new AppError('invalid', `the backup was made by a newer version (${version}, ${newer.at(-1)})`, {
    remedy: 'Restore it with that version or a later one.',
  })
}

async function keyOf(head: Head, { passphrase, givenKey }: RestoreOptions): Promise<Buffer | null> {
  const sealed = head.key && passphrase !== null ? await openSealedKey(head.key, passphrase) : null
  const key = sealed ?? givenKey
  if (head.key && passphrase === null && givenKey === null) {
    throw new AppError('invalid', 'the installation key in this backup is sealed', {
      remedy: 'Set TENANTRY_BACKUP_PASSPHRASE to the passphrase that it was made with.',
    })
  }
  if (key && keyFingerprint(key) !== head.keyFingerprint) {
    throw new AppError('invalid', 'the installation key is another one than that of the backup', {
      remedy:
        'Set TENANTRY_SECRET_KEY to the key that the installation had, or the passphrase of its backup.',
    })
  }
  if (sealed && givenKey && !sealed.equals(givenKey)) {
    throw new AppError('conflict', 'TENANTRY_SECRET_KEY is set to another key than that of the backup', {
      remedy: 'Print the backup’s with "restore FILE --show-key" and set it for every process, or unset it.',
    })
  }
  return key
}

/** Streams each table's pieces into one COPY. */
async function load(databaseUrl: string, path: string, { columns }: Head): Promise<void> {
  const client = await openCopy(databaseUrl)
  let current: { name: string; into: PassThrough; done: Promise<void> } | null = null
  const endCurrent = async (): Promise<void> => {
    current?.into.end()
    await current?.done
    current = null
  }
  try {
    // Migrations bring rows of their own.
    await emptyTables(client, Object.keys(columns))
    await readArchive(path, async (name, data) => {
      if (current?.name !== name) {
        await endCurrent()
        const into = new PassThrough()
        const done = writeRows(client, { name, columns: columnsOf(columns, name) }, into)
        done.catch(error => into.destroy(error))
        current = { name, into, done }
      }
      const { into, done } = current
      if (!into.write(data)) await Promise.race([new Promise(ready => into.once('drain', ready)), done])
    })
    await endCurrent()
    await setSequences(client, schemaOf(databaseUrl))
  } finally {
    await client.end()
  }
}

/** What the database gives back is what the backup holds, byte for byte. */
async function compareRows(databaseUrl: string, { columns }: Head, { tables }: Manifest): Promise<void> {
  const client = await openCopy(databaseUrl)
  try {
    for (const [name, wanted] of Object.entries(tables)) {
      const found = await summarise(client, { name, columns: columnsOf(columns, name) })
      if (found !== wanted.sha256) throw new Error(`table ${name} reads back otherwise than it was written`)
    }
  } finally {
    await client.end()
  }
}

async function summarise(client: pg.Client, table: Table): Promise<TableSummary['sha256']> {
  const hash = createHash('sha256')
  for await (const data of readRows(client, table)) hash.update(data)
  return hash.digest('hex')
}

async function checkAudit(databaseUrl: string, key: Buffer | null): Promise<Restored['audit']> {
  if (!key) return null
  const db = openDatabase(databaseUrl, 1)
  try {
    const chain = await createAudit({ db, key }).verifyChain()
    // A chain that was broken before the backup stays as it is: it is evidence.
    return { events: chain.events, isIntact: chain.intact }
  } finally {
    await db.$disconnect()
  }
}

function columnsOf(columns: Head['columns'], name: string): string[] {
  const found = columns[name]
  if (found) return found
  throw new AppError('invalid', `the backup does not say which columns table ${name} has`)
}

function withSchema(connectionString: string, schema: string): string {
  const [place = '', query = ''] = connectionString.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('schema', schema)
  return `${place}?${parameters}`
}
