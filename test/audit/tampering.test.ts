import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { administer } from '../helpers/postgres.ts'

let database: TestDatabase
let audit: Audit
const key = randomBytes(32)

beforeAll(async () => {
  database = await createTestDatabase()
  audit = createAudit({ db: database.db, key })
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.emptyAudit()
  await givenEvents('a', 'b', 'c')
})

async function givenEvents(...targets: string[]): Promise<void> {
  for (const target of targets) await audit.record({ actor: systemActor, action: 'test.done', target })
}

/** As a superuser who has turned the triggers off. */
async function tamper(...statements: string[]): Promise<void> {
  await administer(database.adminUrl, ['set session_replication_role = replica', ...statements])
}

test.each([
  ['altered', `update "AuditEvent" set target = 'x' where id = 2`, '2', 'altered'],
  ['given another address', `update "AuditEvent" set address = '192.0.2.1' where id = 2`, '2', 'altered'],
  [
    'declared one of the first shape',
    `update "AuditEvent" set shape = 1, "actorRole" = null, address = null, "requestId" = null where id = 2`,
    '2',
    'altered',
  ],
  ['removed from the middle', 'delete from "AuditEvent" where id = 2', '2', 'removed'],
  ['removed from the beginning', 'delete from "AuditEvent" where id = 1', '1', 'removed'],
  ['removed from the end', 'delete from "AuditEvent" where id = 3', '3', 'cut_off'],
])('an event %s is found', async (_how, statement, id, reason) => {
  await tamper(statement)

  expect(await audit.verifyChain()).toMatchObject({ intact: false, firstBroken: { id, reason } })
})

test('events removed from the end are found also after more was recorded', async () => {
  await tamper('delete from "AuditEvent" where id = 3')

  await givenEvents('d')

  expect(await audit.verifyChain()).toMatchObject({
    intact: false,
    firstBroken: { id: '3', reason: 'removed' },
  })
})

test.each([
  ['missing', 'delete from "AuditHead"', 'head_missing'],
  ['forged', `update "AuditHead" set seal = repeat('f', 64)`, 'head_forged'],
])('a head that is %s is found, and not sealed anew in silence', async (_how, statement, reason) => {
  await tamper(statement)

  const before = await audit.verifyChain()
  await givenEvents('d')
  const after = await audit.verifyChain()

  expect(before).toMatchObject({ intact: false, firstBroken: { id: '3', reason } })
  expect(after).toMatchObject({ intact: false, firstBroken: { id: '4', reason } })
})

test('an older head put back is found, also after more was recorded', async () => {
  const head = await database.db.auditHead.findFirstOrThrow()
  await givenEvents('d')
  await tamper(
    `update "AuditHead" set "eventId" = ${head.eventId}, hash = '${head.hash}', seal = '${head.seal}'`,
  )

  const before = await audit.verifyChain()
  await givenEvents('e')
  const after = await audit.verifyChain()

  expect(before).toMatchObject({ intact: false, firstBroken: { reason: 'head_outdated' } })
  expect(after).toMatchObject({ intact: false, firstBroken: { id: '5', reason: 'head_outdated' } })
})

test('a chain written again with another key is found', async () => {
  const forger = createAudit({ db: database.db, key: randomBytes(32) })
  await database.emptyAudit()
  for (const target of ['a', 'c']) await forger.record({ actor: systemActor, action: 'test.done', target })

  expect(await audit.verifyChain()).toMatchObject({
    intact: false,
    firstBroken: { id: '1', reason: 'altered' },
  })
})
