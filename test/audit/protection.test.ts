import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { readProtection } from '../../src/audit/protection.ts'
import { openDatabase } from '../../src/platform/database/index.ts'
import { prepareDatabase } from '../../src/platform/database/migrations/prepare.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { administer, createDatabase, dropDatabase } from '../helpers/postgres.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
  const audit = createAudit({ db: database.db, key: Buffer.alloc(32, 1) })
  for (const target of ['a', 'b']) await audit.record({ actor: systemActor, action: 'test.done', target })
})
afterAll(() => database.drop())

const forbidden = [
  `update "AuditEvent" set target = 'x'`,
  'delete from "AuditEvent"',
  'truncate "AuditEvent"',
  'insert into "AuditEvent" select * from "AuditEvent"',
  'delete from "AuditHead"',
  `update "AuditHead" set seal = 'x'`,
  'delete from "AuditSegment"',
  'drop table "AuditEvent"',
  'alter table "AuditEvent" disable trigger all',
  'drop trigger "AuditEvent_refuse_change" on "AuditEvent"',
  'set session_replication_role = replica',
  'set role tenantry_audit',
  'grant tenantry_audit to current_user',
  'create or replace function tenantry_audit_refuse() returns trigger language plpgsql as $$ begin return old; end $$',
]

test.each(forbidden)('the application’s role may not: %s', async statement => {
  await expect(administer(database.url, statement)).rejects.toMatchObject({ code: '42501' })

  expect(await database.db.auditEvent.count()).toBe(2)
})

test('events of the last days are not archived, whatever asks', async () => {
  const segment = JSON.stringify({
    firstId: 1,
    lastId: 1,
    previousHash: '',
    lastHash: '',
    lastAt: new Date(0),
    file: '',
    digest: '',
    seal: '',
    archivedAt: new Date(0),
  })

  const archiving = administer(database.url, `select tenantry_audit_archive('${segment}')`)

  await expect(archiving).rejects.toThrow('audit events of the last 30 days are not removed')
})

test('a temporary table does not stand in for one of the audit’s', async () => {
  await expect(
    administer(database.url, [
      'create temp table "AuditHead" (single bool primary key, "eventId" bigint, hash text, seal text)',
      `select tenantry_audit_append('{"id": 1}', 'seal')`,
    ]),
  ).rejects.toThrow('the audit goes on after event 2')
})

test('the triggers refuse a superuser too, until they are turned off', async () => {
  for (const statement of forbidden.slice(0, 3)) {
    await expect(administer(database.adminUrl, statement)).rejects.toThrow('neither changed nor removed')
  }
})

test('the protection is known to be complete', async () => {
  expect(await readProtection(database.db)).toEqual({ isComplete: true, gaps: [] })
})

test('with one role for everything the triggers refuse, and what is weaker is said', async () => {
  const adminUrl = inject('postgresUrl')
  const [name, role] = [
    `single_${randomUUID().replaceAll('-', '')}`,
    `role_${randomUUID().replaceAll('-', '')}`,
  ]
  const url = await createDatabase(adminUrl, name)
  await administer(adminUrl, [
    `create role "${role}" login password 'p'`,
    `grant create on database "${name}" to "${role}"`,
  ])
  await administer(url, `grant usage, create on schema public to "${role}"`)
  const own = Object.assign(new URL(url), { username: role, password: 'p' }).href
  const db = openDatabase(await prepareDatabase({ url: own, migrationUrl: null }), 2)
  const audit = createAudit({ db, key: Buffer.alloc(32, 1) })
  try {
    await audit.record({ actor: systemActor, action: 'test.done' })

    const protection = await readProtection(db)

    for (const statement of forbidden.slice(0, 3)) {
      await expect(administer(own, statement)).rejects.toThrow('neither changed nor removed')
    }
    expect(protection.isComplete).toBe(false)
    expect(protection.gaps).toContain(`role "${role}" owns the audit's tables and can remove their triggers`)
    expect(await audit.verifyChain()).toMatchObject({ intact: true, events: 1 })
  } finally {
    await db.$disconnect()
    await dropDatabase(adminUrl, name)
    await administer(adminUrl, `drop role "${role}"`)
  }
})

test('an owner without superuser rights migrates for an application that owns nothing', async () => {
  const adminUrl = inject('postgresUrl')
  const id = randomUUID().replaceAll('-', '')
  const [name, owner, application] = [`two_${id}`, `owner_${id}`, `app_${id}`]
  const url = await createDatabase(adminUrl, name)
  await administer(adminUrl, [
    `create role "${owner}" login password 'p'`,
    `create role "${application}" login password 'p'`,
    `grant "${application}", tenantry_audit to "${owner}"`,
    `grant create on database "${name}" to "${owner}" with grant option`,
  ])
  await administer(url, `grant usage, create on schema public to "${owner}" with grant option`)
  const as = (username: string) => Object.assign(new URL(url), { username, password: 'p' }).href
  // What one role for everything has made until now.
  await prepareDatabase({ url: as(owner), migrationUrl: null })
  await administer(as(owner), [
    'create schema pgboss',
    "create type pgboss.state as enum ('a')",
    'create table pgboss.job (id bigserial primary key, state pgboss.state)',
    'create function pgboss.f(n int) returns int language sql as $$ select n $$',
  ])
  const access = { url: as(application), migrationUrl: as(owner) }
  const db = openDatabase(await prepareDatabase(access), 2)
  try {
    expect(await prepareDatabase(access)).toBe(access.url)
    expect(await readProtection(db)).toEqual({ isComplete: true, gaps: [] })
    await createAudit({ db, key: Buffer.alloc(32, 1) }).record({ actor: systemActor, action: 'test.done' })
    await administer(access.url, [
      'alter table pgboss.job add column more text',
      'drop function pgboss.f(int)',
    ])
    for (const statement of forbidden.slice(0, 5)) {
      await expect(administer(access.url, statement)).rejects.toMatchObject({ code: '42501' })
    }
  } finally {
    await db.$disconnect()
    await dropDatabase(adminUrl, name)
    await administer(adminUrl, [`drop role "${owner}"`, `drop role "${application}"`])
  }
})
