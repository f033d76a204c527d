import { chmod, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPool } from '../../../src/platform/database/connections/connections.ts'
import { startEmbedded } from '../../../src/platform/database/embedded.ts'
import { isMigrated, migrate } from '../../../src/platform/database/migrations/migrations.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantry-embedded-'))
  await chmod(dataDir, 0o755)
})

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('a server is made, stopped, started again and keeps its data', async () => {
  const first = await startEmbedded(dataDir)
  await query(first.url, 'create table kept as select 7 as number')
  await first.stop()

  const second = await startEmbedded(dataDir)
  const rows = await query(second.url, 'select number from kept')
  await second.stop()

  expect(rows).toEqual([{ number: 7 }])
})

test('a data folder that is made is open to nobody but whom the server runs as', async () => {
  const folder = join(dataDir, 'made')
  const server = await startEmbedded(folder)
  await server.stop()

  // As root the server is another user's, who passes through.
  expect(((await stat(folder)).mode & 0o777).toString(8)).toBe(process.getuid?.() === 0 ? '711' : '700')
})

test('a server left running by a process that was killed is adopted', async () => {
  const left = await startEmbedded(dataDir)

  const adopted = await startEmbedded(dataDir)
  const rows = await query(adopted.url, 'select 1 as one')
  await adopted.stop()

  expect(left.startedHere).toBe(true)
  expect(adopted).toMatchObject({ startedHere: false, url: left.url })
  expect(rows).toEqual([{ one: 1 }])
})

test('migrations are applied once and seen as applied afterwards', async () => {
  const server = await startEmbedded(dataDir)

  const before = await isMigratedAt(server.url)
  const applied = await migrate(server.url)
  const again = await migrate(server.url)
  const after = await isMigratedAt(server.url)
  await server.stop()

  expect(before).toBe(false)
  expect(applied.length).toBeGreaterThan(0)
  expect(again).toEqual([])
  expect(after).toBe(true)
})

async function isMigratedAt(connectionString: string): Promise<boolean> {
  const pool = createPool(connectionString, { name: 'test', max: 1 })
  try {
    return await isMigrated(pool)
  } finally {
    await pool.end()
  }
}
