import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createPool } from '../../../src/platform/database/connections/connections.ts'
import { isMigrated, migrate } from '../../../src/platform/database/migrations/migrations.ts'
import { administer, createDatabase, dropDatabase } from '../../helpers/postgres.ts'

const adminUrl = inject('postgresUrl')
const folder = new URL('../../../prisma/migrations/', import.meta.url)
const names = readdirSync(folder, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
  .sort()
let name: string
let url: string

beforeEach(() => {
  name = `migrated_${randomUUID().replaceAll('-', '')}`
})

afterEach(() => dropDatabase(adminUrl, name))

async function rowsOf(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('of four processes that start at once on an empty database one migrates it', async () => {
  url = await createDatabase(adminUrl, name)

  const applied = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)])

  expect(applied.map(({ length }) => length).sort()).toEqual([0, 0, 0, names.length])
  expect(await isMigratedAt(url)).toBe(true)
})

test('a database that a newer version has changed is refused in one line', async () => {
  url = await createDatabase(adminUrl, name, 'tenantry_template')
  await administer(
    url,
    `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at)
     values ('1', 'x', '29991231235959_from_the_future', now(), now())`,
  )

  const refused = migrate(url)

  await expect(refused).rejects.toMatchObject({
    code: 'settings',
    message:
      'the database cannot be used: a newer version of Tenantry has changed it (29991231235959_from_the_future)',
    remedy: 'Start that version or a later one, or restore a backup from before the upgrade.',
  })
})

test('a migration of a newer version that did not succeed changed nothing, and is no obstacle', async () => {
  url = await createDatabase(adminUrl, name, 'tenantry_template')
  await administer(
    url,
    `insert into _prisma_migrations (id, checksum, migration_name, started_at)
     values ('1', 'x', '29991231235959_from_the_future', now())`,
  )

  expect(await migrate(url)).toEqual([])
})

test('a migration that fails says why and leaves nothing behind; once the cause is gone it is applied', async () => {
  url = await createDatabase(adminUrl, name)
  // A later migration makes a table of this name.
  await administer(url, 'create type "ConnectList" as (id int)')

  const first = migrate(url)
  await expect(first).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringMatching(
      /^the database cannot be used: migration \d+_connect_lists failed: relation "ConnectList" already exists$/,
    ),
    remedy: expect.stringContaining('Remove the cause and start again'),
  })
  await expect(migrate(url)).rejects.toMatchObject({ code: 'settings' })
  await administer(url, 'drop type "ConnectList"')
  const applied = await migrate(url)

  const unfinished = await rowsOf(
    'select 1 from _prisma_migrations where finished_at is null and rolled_back_at is null',
  )
  expect(applied.length).toBeGreaterThan(0)
  expect(unfinished).toEqual([])
  expect(await isMigratedAt(url)).toBe(true)
})

test('a database that holds the tables of something else is refused, a schema of its own in it is not', async () => {
  url = await createDatabase(adminUrl, name)
  await administer(url, 'create table "TheirOrders" (id int)')

  const refused = migrate(url)

  await expect(refused).rejects.toMatchObject({
    message: 'the database cannot be used: its schema holds tables of something else',
    remedy: expect.stringContaining('?schema=tenantry'),
  })
  expect(await migrate(`${url}?schema=tenantry`)).toHaveLength(names.length)
})

async function isMigratedAt(connectionString: string): Promise<boolean> {
  const pool = createPool(connectionString, { name: 'test', max: 1 })
  try {
    return await isMigrated(pool)
  } finally {
    await pool.end()
  }
}
