import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createAudit } from '../../../src/audit/audit.ts'
import { connect, createPool } from '../../../src/platform/database/connections/connections.ts'
import { openDatabase } from '../../../src/platform/database/index.ts'
import { type RunningApp, startApp } from '../../helpers/app.ts'
import { administer } from '../../helpers/postgres.ts'

/** What an administrator may have set for other programs; a server's or a role's settings reach a session the same way. */
const foreignSettings = {
  timezone: 'Asia/Kolkata',
  datestyle: 'German',
  intervalstyle: 'iso_8601',
  bytea_output: 'escape',
  search_path: 'information_schema',
}

let running: RunningApp
let authorization: { authorization: string }
let startedAt: number

beforeAll(async () => {
  startedAt = Date.now()
  running = await startApp({ tenants: 4, databaseSettings: foreignSettings })
  authorization = await running.apiKey('admin')
})

afterAll(() => running.close())

async function post(path: string, payload: object): Promise<Record<string, string>> {
  const answer = await running.app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: authorization,
    payload,
  })
  expect(answer.statusCode, answer.body).toBeLessThan(300)
  return answer.json()
}

/** Times of the answer that are not between the beginning of the tests and now. */
function foreignTimes(answer: Record<string, string>, ...names: string[]): string[] {
  return names.filter(name => {
    const at = Date.parse(answer[name] ?? '')
    return !(at >= startedAt && at <= Date.now())
  })
}

test("the API tells instants as they were, in a database of another zone's", async () => {
  const tenant = running.simulator.world.customers()[0]?.tenantId ?? ''
  running.simulator.control.grantConsent(tenant)
  const invitation = await post('/invitations', { customerName: 'Contoso', expiresInHours: 24 })
  const connected = await post('/tenants', { tenant, name: 'Contoso' })
  const { id } = await post('/hunts', { query: 'DeviceInfo | take 1', tenants: [tenant] })
  let hunt: Record<string, string>
  do hunt = (await running.app.inject({ url: `/api/v1/hunts/${id}`, headers: authorization })).json()
  while (!hunt.finishedAt)
  const events = await running.app.inject({ url: '/api/v1/audit', headers: authorization })

  expect(foreignTimes(invitation, 'createdAt')).toEqual([])
  expect(Date.parse(invitation.expiresAt ?? '') - Date.parse(invitation.createdAt ?? '')).toBe(24 * 3600_000)
  expect(foreignTimes(connected, 'consentedAt', 'verifiedAt')).toEqual([])
  expect(foreignTimes(hunt, 'startedAt', 'finishedAt')).toEqual([])
  for (const event of events.json().items) expect(foreignTimes(event, 'at')).toEqual([])
})

test('Prisma, raw SQL and now() write the same instant, and read what the others wrote', async () => {
  const { db, url } = running.database
  const at = new Date('2026-11-29T19:30:46.123Z')
  const pool = createPool(url, { name: 'test', max: 1 })

  await db.setting.create({ data: { key: 'by prisma', value: {}, updatedAt: at } })
  await db.$executeRaw`INSERT INTO "Setting" VALUES ('by raw prisma', '{}', ${at})`
  await pool.query(`INSERT INTO "Setting" VALUES ('by pg', '{}', $1)`, [at])
  await pool.query(`INSERT INTO "Setting" VALUES ('by now', '{}', now())`)
  const byPrisma = await db.setting.findMany({ where: { key: { startsWith: 'by ' } } })
  const byRaw = await db.$queryRaw<
    { key: string; updatedAt: Date }[]
  >`SELECT key, "updatedAt" FROM "Setting" WHERE key LIKE 'by %'`
  const { rows: byPg } = await pool.query(`SELECT key, "updatedAt" FROM "Setting" WHERE key LIKE 'by %'`)
  const { rows: seconds } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "Setting" WHERE extract(epoch FROM "updatedAt") = $1`,
    [at.getTime() / 1000],
  )
  await pool.end()

  for (const rows of [byPrisma, byRaw, byPg]) {
    const times = new Map(rows.map(row => [row.key, row.updatedAt.getTime()]))
    for (const writer of ['by prisma', 'by raw prisma', 'by pg']) expect(times.get(writer)).toBe(at.getTime())
    expect(Math.abs((times.get('by now') ?? 0) - Date.now())).toBeLessThan(60_000)
  }
  expect(seconds).toEqual([{ count: 3 }])
})

test('bytes are read as they were written', async () => {
  const pool = createPool(running.database.url, { name: 'test', max: 1 })
  const bytes = Buffer.from([0, 1, 92, 127, 128, 255])

  const { rows } = await pool.query<{ bytes: Buffer }>('SELECT $1::bytea AS bytes', [bytes])
  await pool.end()

  expect(rows[0]?.bytes).toEqual(bytes)
})

test('the audit is intact after the zone of the database has changed', async () => {
  const { url } = running.database
  const name = new URL(url).pathname.slice(1)
  await administer(inject('postgresUrl'), `alter database "${name}" set timezone = 'America/St_Johns'`)
  const db = openDatabase(url, 2)

  const check = await createAudit({ db, key: running.services.key }).verifyChain()
  await db.$disconnect()

  expect(check).toMatchObject({ intact: true })
})

test('every connection that a running Tenantry holds has the same settings', async () => {
  const client = await connect(running.database.url, { name: 'test', onError: () => {} })
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY 1`,
  )
  const { rows: zone } = await client.query('SHOW timezone')
  await client.end()

  // Each is named by what makes a session's settings; one that another made would stand out.
  expect(
    rows.map(({ name: session }) => session).filter(session => !session.startsWith('tenantry ')),
  ).toEqual([])
  expect(zone).toEqual([{ TimeZone: 'UTC' }])
})
