import { randomBytes } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sealAnchor } from '../../src/audit/anchors/anchor.ts'
import { createAnchoring } from '../../src/audit/anchors/anchoring.ts'
import { createAnchorSink } from '../../src/audit/anchors/sinks.ts'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { placesIn } from '../../src/audit/places.ts'
import { type AuditChecks, createAuditChecks } from '../../src/audit/verification/checks.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { administrator } from '../helpers/customers.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { administer } from '../helpers/postgres.ts'

let database: TestDatabase
let audit: Audit
let checks: AuditChecks
let file: string
let writeHead: () => Promise<void>
const key = randomBytes(32)
const log = { warn: () => {}, error: () => {} }
const post = async () => expect.fail('nothing is posted')

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.drop())
beforeEach(async () => {
  await database.emptyAudit()
  const { db } = database
  const places = placesIn(await temporaryFolder())
  file = places.anchorFile
  audit = createAudit({ db, key, places })
  checks = createAuditChecks({
    db,
    audit,
    announce: async () => {},
    log: { ...log, info: () => {} } as never,
  })
  const sink = createAnchorSink({ kind: 'file' }, { path: file, post })
  ;({ writeHead } = createAnchoring({ db, key, sinks: [sink], log }))
  await givenEvents('a', 'b', 'c')
})

async function givenEvents(...targets: string[]): Promise<void> {
  for (const target of targets) {
    await audit.record({ actor: systemActor, action: 'test.done', target })
    await writeHead()
  }
}

/** Takes note of the state, and puts it back when it is called, head and all. */
async function backedUp(): Promise<() => Promise<void>> {
  const head = await database.db.auditHead.findFirstOrThrow()
  return () =>
    administer(database.adminUrl, [
      'set session_replication_role = replica',
      `delete from "AuditEvent" where id > ${head.eventId}`,
      `update "AuditHead" set "eventId" = ${head.eventId}, hash = '${head.hash}', seal = '${head.seal}'`,
    ])
}

const acknowledge = () => checks.acknowledgeRestore(administrator, 'disk failed, backup of 03:00')
const recorded = () => database.db.auditEvent.findMany({ where: { action: 'audit.restore-acknowledged' } })

test('a restore that is acknowledged is in the audit, and is not held against the chain', async () => {
  const restore = await backedUp()
  await givenEvents('d', 'e', 'f')
  await restore()
  const before = await audit.verifyChain()

  const after = await acknowledge()

  expect(before).toMatchObject({
    firstBroken: { id: '4', reason: 'rolled_back' },
    lost: { from: '4', until: '6' },
  })
  expect(after).toMatchObject({ intact: true, restores: 1, lost: null })
  expect(await recorded()).toMatchObject([
    {
      id: 4n,
      actorLabel: administrator.label,
      detail: {
        reason: 'disk failed, backup of 03:00',
        finding: { id: '4', reason: 'rolled_back' },
        from: '4',
        until: '6',
      },
    },
  ])
})

test('also after the chain went on past what is gone', async () => {
  const restore = await backedUp()
  await givenEvents('d', 'e')
  await restore()
  await givenEvents('other', 'events', 'and', 'more')
  expect((await audit.verifyChain()).firstBroken).toEqual({ id: '4', reason: 'rewritten' })

  expect(await acknowledge()).toMatchObject({ intact: true, restores: 1 })
})

test('heads that another process wrote of what is gone are explained by the same acknowledgement', async () => {
  const restore = await backedUp()
  await givenEvents('d')
  await givenEvents('e')
  const lost = await database.db.auditEvent.findFirstOrThrow({ where: { id: 5n } })
  await restore()
  await acknowledge()

  const at = new Date(Date.now() - 60_000).toISOString()
  await appendFile(file, `${JSON.stringify(sealAnchor(key, { id: '5', hash: lost.hash, at }))}\n`)

  expect(await audit.verifyChain()).toMatchObject({ intact: true })
})

test('a database that was begun anew is acknowledged, too', async () => {
  await database.emptyAudit()

  expect((await audit.verifyChain()).firstBroken).toEqual({ id: '1', reason: 'emptied' })
  expect(await acknowledge()).toMatchObject({ intact: true, restores: 1 })
})

test('a second restore is found, of the time before the acknowledgement and of the time after', async () => {
  const first = await backedUp()
  await givenEvents('d', 'e')
  await first()
  await acknowledge()
  await writeHead()
  const second = await backedUp()
  await givenEvents('f', 'g')

  await second()
  const afterIt = await audit.verifyChain()
  await first()
  const beforeIt = await audit.verifyChain()

  expect(afterIt).toMatchObject({ intact: false, firstBroken: { reason: 'rolled_back' } })
  expect(beforeIt).toMatchObject({ intact: false, firstBroken: { id: '4', reason: 'rolled_back' } })
})

test('what a restore does not explain is not acknowledged, and nothing is recorded', async () => {
  await expect(acknowledge()).rejects.toThrow('there is no restore to acknowledge')

  const restore = await backedUp()
  await givenEvents('d')
  await restore()
  await appendFile(file, `${JSON.stringify({ id: '9', hash: 'f', at: '2026-01-01', seal: 'forged' })}\n`)
  await expect(acknowledge()).rejects.toThrow(
    'a restore does not explain all that was found: event 9, anchor_forged',
  )

  await administer(database.adminUrl, [
    'set session_replication_role = replica',
    `update "AuditEvent" set target = 'x' where id = 2`,
  ])
  await expect(acknowledge()).rejects.toThrow('the audit does not hold (altered)')
  expect(await recorded()).toEqual([])
})

test('an acknowledgement that was written without the key is an altered event', async () => {
  const restore = await backedUp()
  await givenEvents('d', 'e')
  await restore()
  const forger = createAudit({ db: database.db, key: randomBytes(32) })
  await forger.record({
    actor: administrator,
    action: 'audit.restore-acknowledged',
    detail: { reason: 'x', from: '4', until: '5' },
  })

  expect(await audit.verifyChain()).toMatchObject({ intact: false, firstBroken: { id: '4' } })
})

test.each([
  ['a reader', { ...administrator, role: 'reader' as const }],
  ['an administrator of some tenants', { ...administrator, tenants: { tags: ['gold'], ids: [] } }],
])('%s acknowledges nothing', async (_who, actor) => {
  await expect(checks.acknowledgeRestore(actor, 'x')).rejects.toMatchObject({ code: 'forbidden' })
})
