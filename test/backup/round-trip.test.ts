import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import pg from 'pg'
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { type BackupOptions, backUp } from '../../src/backup/backup.ts'
import { type RestoreOptions, restore, showKey } from '../../src/backup/restore.ts'
import { createInstallationStore } from '../../src/installation/store.ts'
import { openDatabase } from '../../src/platform/database/index.ts'
import { knownMigrations, migrate } from '../../src/platform/database/migrations/migrations.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { createDatabase, dropDatabase } from '../helpers/postgres.ts'
import { admin, givenTenant } from '../tenants/givens.ts'

const key = randomBytes(32)
const passphrase = 'correct horse battery staple'
let source: TestDatabase

beforeAll(async () => {
  source = await createTestDatabase()
  await createInstallationStore(source.db).rememberFingerprint(
    (await import('../../src/installation/key.ts')).keyFingerprint(key),
  )
  return () => source.drop()
})

async function backedUp(options: Partial<BackupOptions> = {}): Promise<string> {
  const path = join(await temporaryFolder(), 'all.backup')
  await backUp({ databaseUrl: source.url, path, overwrite: false, version: '1', key, passphrase, ...options })
  return path
}

async function emptyDatabase(): Promise<string> {
  const name = `test_restore_${randomBytes(6).toString('hex')}`
  onTestFinished(() => dropDatabase(inject('postgresUrl'), name))
  return await createDatabase(inject('postgresUrl'), name)
}

const restoring = (databaseUrl: string, path: string, options: Partial<RestoreOptions> = {}) =>
  restore({ databaseUrl, path, overwrite: false, passphrase, givenKey: null, ...options })

/** Every row of every table, as text. */
async function contents(url: string): Promise<Record<string, string[]>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("SET timezone = 'UTC'")
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'
     AND tablename NOT IN ('_prisma_migrations', 'Session', 'QuotaBucket') ORDER BY 1`,
  )
  const found: Record<string, string[]> = {}
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t ORDER BY 1`)
    found[name] = rows.map(({ row }) => row)
  }
  await client.end()
  return found
}

async function givenChunk(tenantId: string, query: string, data: Uint8Array): Promise<void> {
  const at = new Date()
  const hunt = await source.db.hunt.create({
    data: {
      query,
      status: 'succeeded',
      selection: { kind: 'all' },
      createdById: 'x',
      createdBy: 'x',
      deadlineAt: at,
      keepUntil: at,
      tables: [query, 'DeviceInfo'],
    },
  })
  const task = { huntId: hunt.id, tenantId }
  await source.db.huntTask.create({ data: { ...task, tenantName: query, status: 'succeeded' } })
  await source.db.huntChunk.create({ data: { ...task, seq: 0, rowCount: 1, data: Buffer.from(data) } })
}

/** Whatever PostgreSQL can hold: everything but NUL and lone surrogates. */
const text = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map(value => value.replaceAll('\0', '\\N').toWellFormed())

test('what is backed up is what is restored, whatever it is', async () => {
  const row = fc.record({
    name: text,
    json: fc.jsonValue(),
    bytes: fc.uint8Array({ maxLength: 2000 }),
    tag: text,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async rows => {
      for (const { name, json, bytes, tag } of rows) {
        const tenantId = await givenTenant(source.db, { name: `x${name}`, tags: [tag, '\\', '\t', '{"}'] })
        const value = JSON.parse(JSON.stringify(json).replaceAll('\\u0000', ''))
        await source.db.setting.create({ data: { key: randomBytes(8).toString('hex'), value: value ?? {} } })
        await givenChunk(tenantId, name, bytes)
      }
      await createAudit({ db: source.db, key }).record({
        actor: admin,
        action: 'test.made',
        detail: { rows },
      })
      const target = await emptyDatabase()

      const restored = await restoring(target, await backedUp())

      expect(await contents(target)).toEqual(await contents(source.url))
      expect(restored.key).toEqual(key)
      expect(restored.audit).toMatchObject({ isIntact: true })
    }),
    { numRuns: 4 },
  )
})

test('counters go on after what was restored', async () => {
  const tenantId = await givenTenant(source.db, { name: 'Contoso' })
  await source.db.tenantEvent.create({ data: { tenantId, type: 'connected', detail: 'a' } })
  const target = await emptyDatabase()
  await restoring(target, await backedUp())
  const db = openDatabase(target, 1)
  onTestFinished(() => db.$disconnect())

  const highest = await db.tenantEvent.aggregate({ _max: { id: true } })
  const next = await db.tenantEvent.create({ data: { tenantId, type: 'connected' } })

  expect(next.id).toBeGreaterThan(highest._max.id ?? 0n)
})

test('a file that exists, and a database that is in use, are replaced only when told', async () => {
  await givenTenant(source.db, { name: 'Contoso' })
  const path = await backedUp()
  const target = await emptyDatabase()
  await restoring(target, path)
  const before = await readFile(path)

  const again = { databaseUrl: source.url, path, version: '1', key, passphrase }
  await expect(backUp({ ...again, overwrite: false })).rejects.toThrow('exists already')
  expect(await readFile(path)).toEqual(before)
  await backUp({ ...again, overwrite: true })
  await expect(restoring(target, path)).rejects.toThrow('holds an installation already')
  await restoring(target, path, { overwrite: true })

  expect(await contents(target)).toEqual(await contents(source.url))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

/** The file with one bit changed, at the first byte from the given one on where that changes what is in it: some bits only fill a byte up. */
function alteredFrom(whole: Buffer, place: number): { at: number; altered: Buffer } {
  for (let at = place; ; at++) {
    const altered = Buffer.from(whole)
    altered[at] = (altered[at] ?? 0) ^ 1
    try {
      if (gunzipSync(altered).equals(gunzipSync(whole))) continue
    } catch {
      // It cannot be unpacked any more: altered, too.
    }
    return { at, altered }
  }
}

test('a file that was cut off or altered, and a wrong passphrase, change nothing', async () => {
  const path = await backedUp()
  const whole = await readFile(path)
  const target = await emptyDatabase()
  await migrate(target)
  const before = await contents(target)

  for (const length of [0, 10, Math.floor(whole.length / 2), whole.length - 1]) {
    await writeFile(path, whole.subarray(0, length))
    await expect(restoring(target, path), `cut at ${length}`).rejects.toThrow('is not a whole backup')
  }
  for (const place of [20, Math.floor(whole.length / 2), whole.length - 20]) {
    const { at, altered } = alteredFrom(whole, place)
    await writeFile(path, altered)
    await expect(restoring(target, path), `altered at ${at}`).rejects.toThrow()
  }
  await writeFile(path, whole)
  await expect(restoring(target, path, { passphrase: 'another' })).rejects.toThrow('does not open')
  await expect(restoring(target, path, { passphrase: null })).rejects.toThrow('is sealed')
  await expect(restoring(target, path, { givenKey: randomBytes(32) })).rejects.toThrow('another key')

  expect(await contents(target)).toEqual(before)
})

test('a backup without the key needs the one that the installation had', async () => {
  const path = await backedUp({ passphrase: null })
  const target = await emptyDatabase()

  await expect(restoring(target, path, { passphrase: null, givenKey: randomBytes(32) })).rejects.toThrow(
    'another one than that of the backup',
  )
  await expect(showKey(path, passphrase)).rejects.toThrow('holds no installation key')
  const restored = await restoring(target, path, { passphrase: null, givenKey: key })

  expect(restored.key).toEqual(key)
})

test('the key of a backup is shown to whoever knows the passphrase, and is nowhere in the file', async () => {
  const path = await backedUp()
  const unpacked = gunzipSync(await readFile(path))

  expect(await showKey(path, passphrase)).toEqual(key)
  await expect(showKey(path, 'another')).rejects.toThrow('does not open')
  expect(unpacked.includes(key)).toBe(false)
  expect(unpacked.includes(key.toString('base64'))).toBe(false)
})

test('a backup of an older version is brought to this one', async () => {
  const names = await knownMigrations()
  const older = await emptyDatabase()
  await migrate(older, names.slice(0, 5))
  const client = new pg.Client({ connectionString: older })
  await client.connect()
  await client.query(`INSERT INTO "Setting" VALUES ('kept', '{"a": 1}', now())`)
  await client.end()
  const path = await backedUp({ databaseUrl: older })
  const target = await emptyDatabase()

  await restoring(target, path)

  const db = openDatabase(target, 1)
  onTestFinished(() => db.$disconnect())
  expect(await db.setting.findUnique({ where: { key: 'kept' } })).toMatchObject({ value: { a: 1 } })
  expect(await db.incident.count()).toBe(0)
})
