import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { archiveOld } from '../../src/audit/archives/archive.ts'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { placesIn } from '../../src/audit/places.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { administer } from '../helpers/postgres.ts'

let database: TestDatabase
let audit: Audit
let folder: string
let time: Date
const key = randomBytes(32)
const dayMs = 24 * 3600_000

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.emptyAudit()
  const places = placesIn(await temporaryFolder())
  folder = places.archiveFolder
  audit = createAudit({ db: database.db, key, places, now: () => time })
  time = new Date(Date.now() - 100 * dayMs)
  await givenEvents('a', 'b', 'c')
  time = new Date()
  await givenEvents('d')
})

async function givenEvents(...targets: string[]): Promise<void> {
  for (const target of targets) {
    await audit.record({
      actor: systemActor,
      action: 'test.done',
      target,
      detail: { price: 1.5, words: ['é'] },
    })
  }
}

const archive = () => archiveOld({ db: database.db, audit, key, folder, keepDays: 40, now: () => new Date() })

const theFile = async (): Promise<string> => join(folder, (await readdir(folder))[0] ?? '')

test('old events move to a file, and verification goes on through it', async () => {
  const moved = await archive()
  const again = await archive()
  await givenEvents('e')

  const rows = await database.db.auditEvent.findMany({ orderBy: { id: 'asc' } })
  expect([moved, again]).toEqual([3, 0])
  expect(await readdir(folder)).toEqual(['audit-1-3.ndjson.gz'])
  expect(rows.map(({ target }) => target)).toEqual(['d', 'audit-1-3.ndjson.gz', 'e'])
  expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 6, archived: 3 })
})

test('an archive that is missing, or is another file, is found', async () => {
  await archive()
  const path = await theFile()

  await writeFile(path, 'something else')
  const altered = await audit.verifyChain()
  await rm(path)
  const missing = await audit.verifyChain()

  expect(altered).toMatchObject({ intact: false, firstBroken: { id: '1', reason: 'archive_altered' } })
  expect(missing).toMatchObject({ intact: false, firstBroken: { id: '1', reason: 'archive_missing' } })
})

test('the record of an archive that was removed or altered is found', async () => {
  await archive()

  await administer(database.adminUrl, `update "AuditSegment" set digest = repeat('0', 64)`)
  const altered = await audit.verifyChain()
  await administer(database.adminUrl, 'delete from "AuditSegment"')
  const removed = await audit.verifyChain()

  expect(altered).toMatchObject({ firstBroken: { reason: 'archive_altered' } })
  expect(removed).toMatchObject({ firstBroken: { id: '1', reason: 'removed' } })
})

test('events that do not verify are not archived', async () => {
  await administer(database.adminUrl, [
    'set session_replication_role = replica',
    `update "AuditEvent" set target = 'x' where id = 2`,
  ])

  await expect(archive()).rejects.toMatchObject({ code: 'conflict' })
  expect(await database.db.auditEvent.count()).toBe(4)
})

test('events that are still to be forwarded are not archived', async () => {
  await database.db.auditForward.create({ data: { target: 'https siem.example', lastId: 2n } })

  expect(await archive()).toBe(2)
  await database.db.auditForward.deleteMany()
})
