import { randomBytes } from 'node:crypto'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import { createForwarding } from '../../src/audit/forwarding.ts'
import { formatSyslog } from '../../src/audit/targets/syslog.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'

let database: TestDatabase
let audit: Audit
let time: Date
let received: string[]
let failsAt: number | null
const log = { warn: () => {}, error: () => {} }

beforeAll(async () => {
  database = await createTestDatabase()
  audit = createAudit({ db: database.db, key: randomBytes(32) })
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.emptyAudit()
  await database.db.auditForward.deleteMany()
  time = new Date()
  received = []
  failsAt = null
  for (let n = 1; n <= 450; n += 1) {
    await audit.record({ actor: systemActor, action: 'test.done', target: `${n}` })
  }
})

const forwarder = () =>
  createForwarding({
    db: database.db,
    target: { kind: 'webhook', url: 'https://siem.example/in' },
    log,
    now: () => time,
    post: async ({ body }) => {
      const { events } = JSON.parse(body) as { events: { target: string }[] }
      if (failsAt !== null && received.length >= failsAt) return { isDelivered: false, error: 'down' }
      received.push(...events.map(({ target }) => target))
      return { isDelivered: true, error: null }
    },
  })

const all = Array.from({ length: 450 }, (_, n) => `${n + 1}`)

test('every event is sent once and in order', async () => {
  const sent = [await forwarder().forward(), await forwarder().forward()]

  expect(sent).toEqual([450, 0])
  expect(received).toEqual(all)
})

test('after a failure it goes on where it was', async () => {
  failsAt = 200
  await expect(forwarder().forward()).rejects.toThrow('down')
  failsAt = null
  await forwarder().forward()

  expect(received).toEqual(all)
})

test('of two processes one sends; a killed one is taken over', async () => {
  await Promise.all([forwarder().forward(), forwarder().forward()])
  expect(received).toEqual(all)

  await database.db.auditForward.updateMany({
    data: { lastId: 400n, claimedUntil: new Date(time.getTime() + 60_000) },
  })
  received = []
  expect(await forwarder().forward()).toBe(0)
  time = new Date(time.getTime() + 121_000)
  expect(await forwarder().forward()).toBe(50)
})

test('a syslog message has the form of RFC 5424', () => {
  const message = formatSyslog({ at: '2026-11-29T12:00:00.000Z', id: 'audit-event', text: '{"a":1}' })

  expect(message).toMatch(/^<109>1 2026-11-29T12:00:00\.000Z \S+ tenantry \d+ audit-event - \ufeff\{"a":1\}$/)
})

test('a syslog server whose certificate nobody vouches for gets nothing', async () => {
  const server = createServer(() => {})
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const forwarding = createForwarding({
    db: database.db,
    target: { kind: 'syslog', host: '127.0.0.1', port },
    log,
    post: async () => expect.fail('nothing is posted'),
  })

  await expect(forwarding.forward()).rejects.toThrow()
  server.close()
  const [row] = await database.db.auditForward.findMany()
  expect(row?.lastId).toBe(0n)
})
