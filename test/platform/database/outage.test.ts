import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createPool } from '../../../src/platform/database/connections/connections.ts'
import { isDatabaseError, isDatabaseOutage } from '../../../src/platform/database/connections/outage.ts'
import { openDatabase } from '../../../src/platform/database/index.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { freePort } from '../../helpers/process.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database?.drop())

/** What the work failed with. */
async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return await work().then(
    () => null,
    (error: unknown) => error,
  )
}

test('a server that is not there is an outage, whoever asks it', async () => {
  const nowhere = `postgresql://nobody@127.0.0.1:${await freePort()}/nothing`
  const db = openDatabase(nowhere, 1)
  const pool = createPool(nowhere, { name: 'test', max: 1 })

  const failures = [
    await failureOf(() => db.setting.findMany()),
    await failureOf(() => db.$queryRaw`SELECT 1`),
    await failureOf(() => db.$transaction(tx => tx.setting.findMany())),
    await failureOf(() => pool.query('SELECT 1')),
    await failureOf(() => pool.connect()),
  ]

  expect(failures.map(isDatabaseOutage)).toEqual([true, true, true, true, true])
})

test('connections that end, time out or only read are outages; mistakes of ours are not', async () => {
  const { db } = database
  const isOutage = async (work: () => Promise<unknown>) => isDatabaseOutage(await failureOf(work))

  const outages = [
    await isOutage(() => db.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())`),
    await isOutage(() =>
      db.$transaction(async tx => {
        await tx.$executeRaw`SET TRANSACTION READ ONLY`
        await tx.setting.create({ data: { key: 'x', value: {} } })
      }),
    ),
    await isOutage(() =>
      db.$transaction(async tx => {
        await tx.$executeRaw`SET LOCAL statement_timeout = 10`
        await tx.$queryRaw`SELECT pg_sleep(5)`
      }),
    ),
    await isOutage(() => db.$transaction(tx => tx.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())`)),
  ]
  const mistakes = [
    await failureOf(() => db.$queryRaw`SELECT nothing FROM nowhere`),
    await failureOf(() => db.setting.update({ where: { key: 'missing' }, data: { value: {} } })),
  ]

  expect(outages).toEqual([true, true, true, true])
  expect(mistakes.map(isDatabaseOutage)).toEqual([false, false])
  expect(mistakes.map(isDatabaseError)).toEqual([true, true])
})

test('what does not come from the database is neither', () => {
  const others = [
    new Error('x'),
    new TypeError('y'),
    null,
    'text',
    Object.assign(new Error('no file'), { code: 'ENOENT' }),
  ]

  expect(others.map(isDatabaseOutage)).toEqual([false, false, false, false, false])
  expect(others.map(isDatabaseError)).toEqual([false, false, false, false, false])
})

test('a connection whose server only reads is not given out again', async () => {
  const pool = createPool(database.url, { name: 'test', max: 1 })
  const client = await pool.connect()
  const own = async (one: pg.ClientBase) =>
    (await one.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid
  const first = await own(client)

  await client.query('BEGIN READ ONLY')
  await failureOf(() => client.query(`INSERT INTO "Setting" VALUES ('x', '{}', now())`))
  client.release()
  const next = await pool.connect()
  const second = await own(next)
  next.release()
  await pool.end()

  expect(second).not.toBe(first)
})

test('a connection that breaks while it is checked out does not end the process', async () => {
  const pool = createPool(database.url, { name: 'test', max: 1 })
  const client = await pool.connect()
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const ended = new Promise(done => client.once('end', done))

  await database.db.$queryRaw`SELECT pg_terminate_backend(${rows[0]?.pid}::int)`
  await ended
  const failure = await failureOf(() => client.query('SELECT 1'))
  client.release()
  const { rows: after } = await pool.query('SELECT 1 AS one')
  await pool.end()

  expect(isDatabaseOutage(failure)).toBe(true)
  expect(after).toEqual([{ one: 1 }])
})

test('every connection has limits of time, those for migrations none for a statement', async () => {
  const settings = async (one: pg.ClientBase) =>
    (
      await one.query(
        `SELECT name, setting FROM pg_settings
         WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
      )
    ).rows.map(({ setting }) => Number(setting))
  const timed = await connect(database.url, { name: 'test', onError: () => {} })
  const untimed = await connect(database.url, { name: 'test', onError: () => {}, isTimed: false })

  const found = [await settings(timed), await settings(untimed)]
  await Promise.all([timed.end(), untimed.end()])

  expect(found).toEqual([
    [10_000, 10_000, 25_000],
    [10_000, 10_000, 0],
  ])
})
