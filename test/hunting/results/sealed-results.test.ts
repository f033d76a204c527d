import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { createKeyRing } from '../../../src/installation/sealing/key-ring.ts'
import { createSealer } from '../../../src/installation/sealing/sealer.ts'
import { keyIdOf } from '../../../src/platform/sealing/envelope.ts'
import { createServices, type Services } from '../../../src/services.ts'
import { type Api, apiOf } from '../../helpers/api.ts'
import { type RunningApp, startApp } from '../../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../../helpers/customers.ts'

/** Longer than processes take to learn of a new key. */
const patience = { interval: 100 }

let running: RunningApp
let customers: Customers
let admin: Api
let dataDir: string
/** The same installation, with the setting off. */
let plain: Services

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tenantry-sealed-'))
  running = await startApp({
    tenants: 12,
    settings: { TENANTRY_ENCRYPT: 'results', TENANTRY_DATA_DIR: dataDir },
  })
  const config = { ...running.services.config, encrypt: 'none' as const }
  plain = await createServices(config, running.database.url)
  customers = customersOf(running)
  admin = await apiOf(running, 'admin')
})

afterAll(async () => {
  await plain?.close(1000)
  await running?.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function hunted(tenantId: string): Promise<string> {
  const { body } = await admin('POST', '/hunts', { query: 'DeviceInfo | take 5', tenants: [tenantId] })
  const status = async () => (await admin('GET', `/hunts/${body.id}`)).body.status
  await expect.poll(status, patience).toBe('succeeded')
  return body.id
}

const rowsOf = async (id: string) => (await admin('GET', `/hunts/${id}/rows?format=json`)).text
const chunks = (huntId: string) => running.database.db.huntChunk.findMany({ where: { huntId } })

test('results are sealed in the database and on the disk, and read as they are', async () => {
  const { tenantId } = await customers.connected()

  const id = await hunted(tenantId)
  const [chunk] = await chunks(id)
  const rows = await rowsOf(id)
  const sorted = await running.services.hunts.page(administrator, id, {
    sort: { column: 'DeviceName', descending: false },
    limit: 5,
  })

  expect(keyIdOf(chunk?.data ?? Buffer.alloc(0))).toMatch(/^[0-9a-f]{16}$/)
  expect(JSON.parse(rows).rows ?? JSON.parse(rows)).not.toHaveLength(0)
  expect(sorted.rows).toHaveLength(5)
  const folder = join(dataDir, 'hunt-cache')
  const files = await readdir(folder)
  expect(files).toEqual([expect.stringMatching(/\.sealed\.duckdb$/)])
  for (const name of files) {
    expect((await readFile(join(folder, name))).includes(tenantId)).toBe(false)
  }
})

test('the key is renewed while others read, and rows from before the setting are sealed too', async () => {
  const { db } = running.database
  const { keyRotation } = running.services
  const { tenantId } = await customers.connected()
  const id = await hunted(tenantId)
  const rows = await rowsOf(id)
  const [before] = await chunks(id)
  // As it was stored before the setting was switched on.
  const other = await hunted(tenantId)
  const [sealed] = await chunks(other)
  const place = { table: 'HuntChunk', row: [other, tenantId, sealed?.seq ?? 0] }
  const ring = createKeyRing({ db, key: running.services.key, now: () => new Date() })
  const opened = Buffer.from(await createSealer(ring, true).open(place, Buffer.from(sealed?.data ?? [])))
  await db.huntChunk.updateMany({ where: { huntId: other }, data: { data: opened } })
  expect(keyIdOf(opened)).toBeNull()

  const [rotated, meanwhile] = await Promise.all([keyRotation.rotate(administrator), rowsOf(id)])

  expect(meanwhile).toBe(rows)
  expect(rotated).toMatchObject({
    isResumed: false,
    keyId: expect.not.stringMatching(keyIdOf(before?.data ?? Buffer.alloc(0)) ?? ''),
  })
  const ids = [...(await chunks(id)), ...(await chunks(other))].map(({ data }) => keyIdOf(data))
  expect(ids.every(keyId => keyId === rotated.keyId)).toBe(true)
  expect(await rowsOf(id)).toBe(rows)
  expect((await rowsOf(other)).length).toBeGreaterThan(10)
})

test('with the setting off, what is sealed is still read, and a rotation is refused', async () => {
  const { tenantId } = await customers.connected()
  const id = await hunted(tenantId)

  const pieces = []
  for await (const piece of plain.hunts.rowChunks(administrator, id)) pieces.push(piece)

  expect(pieces.length).toBeGreaterThan(0)
  await expect(plain.keyRotation.rotate(administrator)).rejects.toMatchObject({ code: 'invalid' })
})

test('a chunk that is put into another row is refused', async () => {
  const { db } = running.database
  const { tenantId } = await customers.connected()
  const [one, two] = [await hunted(tenantId), await hunted(tenantId)]
  const [foreign] = await chunks(two)

  await db.huntChunk.updateMany({ where: { huntId: one }, data: { data: foreign?.data ?? Buffer.alloc(0) } })

  const answer = await admin('GET', `/hunts/${one}/rows?format=json`).catch(error => ({
    status: 0,
    text: String(error),
  }))
  expect(answer.status === 200 && answer.text.includes('DeviceName')).toBe(false)
})

test('a rotation tells of values that were changed, and seals all others', async () => {
  const { keyRotation } = running.services
  const { tenantId } = await customers.connected()
  const id = await hunted(tenantId)

  const first = await keyRotation.rotate(administrator)
  const second = await keyRotation.rotate(administrator)

  // The chunk that the test before put into another row.
  expect(first.broken).toBeGreaterThan(0)
  expect(second).toMatchObject({ isResumed: false, broken: first.broken })
  expect(second.keyId).not.toBe(first.keyId)
  expect(second.sealed).toBeGreaterThan(0)
  expect((await rowsOf(id)).length).toBeGreaterThan(10)
})

test('the setting takes what is known and nothing else', () => {
  expect(loadConfig({}).encrypt).toBe('none')
  expect(() => loadConfig({ TENANTRY_ENCRYPT: 'everything' })).toThrow(/TENANTRY_ENCRYPT/)
})
