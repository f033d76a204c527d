import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { keyIdOf } from '../../../src/platform/sealing/envelope.ts'
import { type Api, apiOf } from '../../helpers/api.ts'
import { type RunningApp, startApp } from '../../helpers/app.ts'
import { administrator, customersOf } from '../../helpers/customers.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { runTenantry } from '../../helpers/process.ts'

let running: RunningApp
let admin: Api
let tenantId: string

beforeAll(async () => {
  running = await startApp({ tenants: 4, settings: { TENANTRY_ENCRYPT: 'results' } })
  admin = await apiOf(running, 'admin')
  tenantId = (await customersOf(running).connected()).tenantId
})
afterAll(() => running?.close())

async function hunted(): Promise<string> {
  const { body } = await admin('POST', '/hunts', { query: 'DeviceInfo | take 5', tenants: [tenantId] })
  await expect.poll(async () => (await admin('GET', `/hunts/${body.id}`)).body.status).toBe('succeeded')
  return body.id
}

/** Ids of the keys that seal the chunks, in the order in which a rotation takes them. */
async function keyIds(): Promise<(string | null)[]> {
  const rows = await running.database.db.huntChunk.findMany({
    orderBy: [{ huntId: 'asc' }, { tenantId: 'asc' }, { seq: 'asc' }],
  })
  return rows.map(({ data }) => keyIdOf(data))
}

/** Keeps everybody else from changing the last chunk, until it is let go. */
async function holdLastChunk(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: running.database.adminUrl })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN')
  await client.query(
    'SELECT 1 FROM "HuntChunk" ORDER BY "huntId" DESC, "tenantId" DESC, seq DESC LIMIT 1 FOR UPDATE',
  )
  return async () => {
    // The server does not know yet that nobody waits for the change that is next: it would be done.
    await client.query(
      `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE "HuntChunk"%'`,
    )
    await client.query('ROLLBACK')
  }
}

async function rotateInAnotherProcess() {
  const { config } = running.services
  return runTenantry(
    {
      DATABASE_URL: running.database.url,
      TENANTRY_MIGRATION_DATABASE_URL: running.database.adminUrl,
      TENANTRY_SECRET_KEY: config.secretKey ?? '',
      TENANTRY_DATA_DIR: await temporaryFolder(),
      TENANTRY_SIMULATOR_PORT: String(config.simulatorPort),
      TENANTRY_PUBLIC_URL: running.url,
      TENANTRY_ENCRYPT: 'results',
    },
    'src/cli/main.ts',
    ['key', 'rotate', '--json'],
  )
}

test('a rotation that is killed midway leaves everything readable, and the next one ends it with the same key', async () => {
  const hunts = [await hunted(), await hunted(), await hunted()]
  const rowsOf = async (id: string) => (await admin('GET', `/hunts/${id}/rows?format=json`)).text
  const rows = await Promise.all(hunts.map(rowsOf))
  const before = await keyIds()
  const letGo = await holdLastChunk()

  const killed = await rotateInAnotherProcess()
  await expect.poll(async () => (await keyIds()).slice(0, -1).every(id => !before.includes(id))).toBe(true)
  killed.signal('SIGKILL')
  expect(await killed.ended).toBeNull()
  await letGo()

  const [newKey] = await keyIds()
  expect(await keyIds()).toEqual([...Array(before.length - 1).fill(newKey), before.at(-1)])
  expect(await Promise.all(hunts.map(rowsOf))).toEqual(rows)

  const next = await running.services.keyRotation.rotate(administrator)
  expect(next).toMatchObject({ keyId: newKey, isResumed: true, sealed: 1, broken: 0 })
  expect(new Set(await keyIds())).toEqual(new Set([newKey]))
  expect(await Promise.all(hunts.map(rowsOf))).toEqual(rows)
})
