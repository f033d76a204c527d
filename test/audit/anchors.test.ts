import { randomBytes } from 'node:crypto'
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAnchoring } from '../../src/audit/anchors/anchoring.ts'
import { createAnchorSink } from '../../src/audit/anchors/sinks.ts'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { placesIn } from '../../src/audit/places.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { administer } from '../helpers/postgres.ts'

let database: TestDatabase
let audit: Audit
let file: string
let time: Date
let anchoring: ReturnType<typeof createAnchoring>
const key = randomBytes(32)
const log = { warn: () => {}, error: () => {} }

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.emptyAudit()
  const places = placesIn(await temporaryFolder())
  file = places.anchorFile
  time = new Date()
  audit = createAudit({ db: database.db, key, places })
  const sink = createAnchorSink(
    { kind: 'file' },
    { path: file, post: async () => expect.fail('nothing is posted') },
  )
  anchoring = createAnchoring({ db: database.db, key, sinks: [sink], log, now: () => time })
  await givenEvents('a', 'b', 'c')
  await anchoring.writeHead()
})

async function givenEvents(...targets: string[]): Promise<void> {
  for (const target of targets) await audit.record({ actor: systemActor, action: 'test.done', target })
}

async function tamper(...statements: string[]): Promise<void> {
  await administer(database.adminUrl, ['set session_replication_role = replica', ...statements])
}

const lines = async (): Promise<string[]> => (await readFile(file, 'utf8')).split('\n').filter(Boolean)

test('heads are written at the start and the stop, for the owner of the file alone, and fit', async () => {
  await anchoring.start()
  await givenEvents('d')
  await anchoring.stop()

  expect((await lines()).map(line => JSON.parse(line).id)).toEqual(['3', '4'])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 4, anchors: 2 })
})

test('an emptied table is found, also after the chain began anew', async () => {
  await database.emptyAudit()

  const before = await audit.verifyChain()
  await givenEvents('a', 'b', 'c', 'd')
  await anchoring.writeHead()
  const after = await audit.verifyChain()

  expect(before).toMatchObject({ intact: false, firstBroken: { id: '1', reason: 'emptied' } })
  expect(after).toMatchObject({ intact: false, firstBroken: { id: '3', reason: 'rewritten' } })
})

test('an older state that was restored, its head included, is found', async () => {
  const [older] = await database.db.auditHead.findMany()
  await givenEvents('d', 'e')
  await anchoring.writeHead()
  await tamper(
    'delete from "AuditEvent" where id > 3',
    `update "AuditHead" set "eventId" = 3, hash = '${older?.hash}', seal = '${older?.seal}'`,
  )

  expect(await audit.verifyChain()).toMatchObject({
    intact: false,
    firstBroken: { id: '4', reason: 'rolled_back' },
  })
})

test('a chain written again with the installation’s own key is found', async () => {
  await database.emptyAudit()
  await givenEvents('a', 'c', 'b')

  expect(await audit.verifyChain()).toMatchObject({
    intact: false,
    firstBroken: { id: '3', reason: 'rewritten' },
  })
})

test('a head that another key signed is found', async () => {
  const [line = ''] = await lines()
  await appendFile(file, `${JSON.stringify({ ...JSON.parse(line), hash: 'f'.repeat(64) })}\n`)

  expect(await audit.verifyChain()).toMatchObject({ intact: false, firstBroken: { reason: 'anchor_forged' } })
})

test('a line that power loss cut short breaks nothing', async () => {
  await writeFile(file, `${(await lines()).join('\n')}\n{"id":"3","ha\n`)

  expect(await audit.verifyChain()).toMatchObject({ intact: true, anchors: 1 })
})

test('heads collected elsewhere are compared in place of the file', async () => {
  const collected = join(await temporaryFolder(), 'collected.jsonl')
  await writeFile(collected, (await lines()).join('\n'))
  await database.emptyAudit()
  await writeFile(file, '')

  expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 0 })
  expect(await audit.verifyChain({ anchorFile: collected })).toMatchObject({
    firstBroken: { reason: 'emptied' },
  })
})

test('a place that does not take a head is tried again, and a folder for files gets one for each', async () => {
  const sent: { url: string; method?: string; headers: Record<string, string> }[] = []
  let isDown = true
  const sink = createAnchorSink(
    { kind: 'blob', url: 'https://store.example/audit?sig=s' },
    {
      path: file,
      post: async message => {
        sent.push(message)
        return isDown
          ? { isDelivered: false, error: 'the receiver answered 503' }
          : { isDelivered: true, error: null }
      },
    },
  )
  const elsewhere = createAnchoring({ db: database.db, key, sinks: [sink], log, now: () => time })

  await elsewhere.writeHead()
  isDown = false
  await elsewhere.writeHead()
  await elsewhere.writeHead()

  expect(sent).toHaveLength(2)
  expect(sent[1]?.url).toMatch(/^https:\/\/store\.example\/audit\/audit-head-3-[\dT-]+Z\.json\?sig=s$/)
  expect(sent[1]).toMatchObject({
    method: 'PUT',
    headers: { 'if-none-match': '*', 'x-ms-blob-type': 'BlockBlob' },
  })
})
