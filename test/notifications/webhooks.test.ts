import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import type { FindingsEvent } from '../../src/notifications/event.ts'
import { createNotifications } from '../../src/notifications/notifications.ts'
import { createDeliveries, pausesSeconds } from '../../src/notifications/webhooks/deliveries.ts'
import { createSender } from '../../src/notifications/webhooks/send.ts'
import type { WebhookDraft } from '../../src/notifications/webhooks/view.ts'
import { createWebhooks } from '../../src/notifications/webhooks/webhooks.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { freePort } from '../helpers/process.ts'
import { admin, givenTenant } from '../tenants/givens.ts'

const key = randomBytes(32)
let database: TestDatabase
let time = new Date()

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  time = new Date('2026-11-22T12:00:00Z')
  await database.db.webhook.deleteMany()
})

type Received = { headers: IncomingHttpHeaders; body: string }

/** A receiver on this machine; it answers what it is told to, the last one for good. */
async function givenReceiver(...answers: (number | { status: number; headers: Record<string, string> })[]) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const answer = answers[Math.min(received.length, answers.length - 1)] ?? 200
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() })
      if (typeof answer === 'number') response.writeHead(answer)
      else response.writeHead(answer.status, answer.headers)
      response.end('ok')
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(async () => {
    await new Promise(done => server.close(done))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, received }
}

function parts() {
  const { db } = database
  const waiting: { id: string; afterSeconds: number }[] = []
  const enqueue = async (id: string, afterSeconds: number) => void waiting.push({ id, afterSeconds })
  const now = () => time
  const sender = createSender()
  onTestFinished(() => sender.close())
  const deliveries = createDeliveries({ db, key, sender, enqueue, now })
  const audit = createAudit({ db, key })
  const webhooks = createWebhooks({ db, audit, key, enqueue, publicUrl: 'https://tenantry.example', now })
  return { deliveries, webhooks, waiting }
}

function draft(url: string, changes: Partial<WebhookDraft> = {}): WebhookDraft {
  return { name: 'Ticket system', url, format: 'json', allowPrivate: true, limitedToTags: [], ...changes }
}

function findings(changes: Partial<FindingsEvent> = {}): FindingsEvent {
  return {
    type: 'schedule.findings',
    at: time.toISOString(),
    summary: 'Every morning: 3 new rows in 1 tenant',
    url: 'https://tenantry.example/schedules/1/runs/2',
    schedule: { id: '1', name: 'Every morning' },
    query: { id: '3', name: 'Macro documents', version: 1 },
    run: { id: '2', dueAt: null, huntId: null },
    newRows: 3,
    tenants: [{ tenantId: '4', name: 'Northwind', newRows: 3 }],
    coverage: { asked: 2, answered: 1, failed: 1, truncated: 0 },
    ...changes,
  }
}

/** What a receiver does with a message: the signature it computes itself. */
function isSigned({ headers, body }: Received, secret: string): boolean {
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = Buffer.from(createHmac('sha256', bytes).update(signed).digest('base64'))
  return String(headers['webhook-signature'])
    .split(' ')
    .map(signature => Buffer.from(signature.replace(/^v1,/, '')))
    .some(given => given.length === expected.length && timingSafeEqual(given, expected))
}

/** Writes an event to all webhooks and tries each message until nobody waits any more. */
async function deliver(
  { deliveries, waiting }: ReturnType<typeof parts>,
  event: FindingsEvent | null = findings(),
) {
  if (event) {
    const send = await database.db.$transaction(tx => deliveries.write(tx, () => event))
    await send()
  }
  const pauses: number[] = []
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (next.afterSeconds > 0) pauses.push(next.afterSeconds)
    time = new Date(time.getTime() + next.afterSeconds * 1000)
    await deliveries.attempt(next.id)
  }
  return pauses
}

test('a message is signed over its id, its time and its body, and nothing of the secret is in the database', async () => {
  const { url, received } = await givenReceiver()
  const stage = parts()
  const { id, secret } = await stage.webhooks.create(admin, draft(url))

  await deliver(stage)

  const [message] = received
  if (!message) throw new Error('nothing arrived')
  expect(isSigned(message, secret)).toBe(true)
  expect(isSigned({ ...message, body: `${message.body} ` }, secret)).toBe(false)
  expect(Number(message.headers['webhook-timestamp']) * 1000).toBe(time.getTime())
  expect(JSON.parse(message.body)).toEqual(findings())
  const rows = JSON.stringify(await database.db.webhook.findMany())
  expect(rows).not.toContain(secret.slice(6, 20))
  expect(await stage.webhooks.secret(admin, id)).toBe(secret)
})

test('a receiver that is down is tried with growing pauses until it answers', async () => {
  const { url, received } = await givenReceiver(503, 500, 429, 200)
  const stage = parts()
  const { id } = await stage.webhooks.create(admin, draft(url))

  const pauses = await deliver(stage)

  expect(pauses).toEqual(pausesSeconds.slice(0, 3))
  expect(received).toHaveLength(4)
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect((await stage.webhooks.deliveries(admin, id)).items).toMatchObject([
    { status: 'delivered', attempts: 4, lastStatus: 200 },
  ])
})

test('after the last pause a message has failed, and says what the receiver answered', async () => {
  const { url } = await givenReceiver(503)
  const stage = parts()
  const { id } = await stage.webhooks.create(admin, draft(url))

  const pauses = await deliver(stage)

  expect(pauses).toEqual(pausesSeconds)
  expect((await stage.webhooks.get(admin, id)).lastDelivery).toMatchObject({
    status: 'failed',
    attempts: pausesSeconds.length + 1,
    lastError: 'the receiver answered 503',
  })
})

test('a refusal that time does not heal is not repeated, and a receiver that names a time is given it', async () => {
  const gone = await givenReceiver(404)
  const busy = await givenReceiver({ status: 429, headers: { 'retry-after': '120' } }, 200)
  const stage = parts()
  await stage.webhooks.create(admin, draft(gone.url))
  await stage.webhooks.create(admin, draft(busy.url))

  const pauses = await deliver(stage)

  expect(gone.received).toHaveLength(1)
  expect(pauses).toEqual([120])
})

test('where nobody listens is said in words, and tried again', async () => {
  const stage = parts()
  const { id } = await stage.webhooks.create(admin, draft(`http://127.0.0.1:${await freePort()}/`))

  const pauses = await deliver(stage)

  expect(pauses).toEqual(pausesSeconds)
  expect((await stage.webhooks.get(admin, id)).lastDelivery).toMatchObject({
    status: 'failed',
    lastStatus: null,
    lastError: 'nothing listens at this address (ECONNREFUSED)',
  })
})

test('administrators are told of a webhook that takes no messages, once until one arrives again', async () => {
  const { url } = await givenReceiver(404, 404, 200, 404)
  const stage = parts()
  const { id } = await stage.webhooks.create(admin, draft(url))
  const notifications = createNotifications({ db: database.db, deliveries: stage.deliveries })
  const told = async (actor: Actor) =>
    (await notifications.list(actor)).items.filter(({ href }) => href === `/settings/webhooks/${id}`)

  await deliver(stage)
  await deliver(stage)
  const first = await told(admin)
  await deliver(stage)
  await deliver(stage)

  expect(first).toMatchObject([
    {
      kind: 'undelivered',
      title: 'The webhook "Ticket system" takes no messages: the receiver answered 404',
    },
  ])
  expect(await told(admin)).toHaveLength(2)
  expect(await told({ ...admin, role: 'analyst' })).toEqual([])
})

test('a redirect is not followed', async () => {
  const target = await givenReceiver()
  const { url } = await givenReceiver({ status: 302, headers: { location: target.url } })
  const stage = parts()
  const { id } = await stage.webhooks.create(admin, draft(url))

  await deliver(stage)

  expect(target.received).toEqual([])
  expect((await stage.webhooks.get(admin, id)).lastDelivery).toMatchObject({
    status: 'failed',
    lastStatus: 302,
  })
})

test('a failed message can be sent again, with the id of the first', async () => {
  const { url, received } = await givenReceiver(400, 200)
  const stage = parts()
  const { id, secret } = await stage.webhooks.create(admin, draft(url))
  await deliver(stage)
  const [failed] = (await stage.webhooks.deliveries(admin, id)).items

  await stage.webhooks.replay(admin, id, failed?.id ?? '')
  await deliver(stage, null)

  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([failed?.id, failed?.id])
  expect(received.every(message => isSigned(message, secret))).toBe(true)
  expect((await stage.webhooks.deliveries(admin, id)).items).toMatchObject([
    { status: 'delivered', replayOfId: failed?.id },
    { status: 'failed' },
  ])
})

test('a message whose process died is found and tried again, and two processes try it once', async () => {
  const { url, received } = await givenReceiver()
  const stage = parts()
  await stage.webhooks.create(admin, draft(url))
  await database.db.$transaction(tx => stage.deliveries.write(tx, () => findings()))
  time = new Date(time.getTime() + 61_000)

  await stage.deliveries.resume()
  const ids = stage.waiting.splice(0).map(({ id }) => id)
  await Promise.all([...ids, ...ids].map(id => stage.deliveries.attempt(id)))

  expect(received).toHaveLength(1)
})

test('for a day after a change of the secret receivers with the old one still accept messages', async () => {
  const { url, received } = await givenReceiver()
  const stage = parts()
  const { id, secret: old } = await stage.webhooks.create(admin, draft(url))
  const secret = await stage.webhooks.rotateSecret(admin, id)

  await deliver(stage)
  time = new Date(time.getTime() + 25 * 3_600_000)
  await deliver(stage)

  expect(received.map(message => [isSigned(message, old), isSigned(message, secret)])).toEqual([
    [true, true],
    [false, true],
  ])
})

test('a webhook limited by tags is told of its tenants only, and of others nothing at all', async () => {
  const { url, received } = await givenReceiver()
  const stage = parts()
  const tenantId = await givenTenant(database.db, { name: 'Northwind', tags: ['north'] })
  await stage.webhooks.create(admin, draft(url, { limitedToTags: ['north'] }))
  const announced = (ids: string[]) => (isVisible: (id: string) => boolean) =>
    ids.some(isVisible) ? findings({ newRows: ids.filter(isVisible).length }) : null

  for (const ids of [[tenantId, 'other'], ['other']]) {
    await (await database.db.$transaction(tx => stage.deliveries.write(tx, announced(ids))))()
  }
  await deliver(stage, null)

  expect(received.map(({ body }) => JSON.parse(body).newRows)).toEqual([1])
})

test('a paused webhook is told nothing, and nothing that already waits', async () => {
  const { url, received } = await givenReceiver()
  const stage = parts()
  const { id } = await stage.webhooks.create(admin, draft(url))
  await stage.webhooks.test(admin, id)
  await stage.webhooks.setEnabled(admin, id, false)

  await deliver(stage)

  expect(received).toEqual([])
  expect((await stage.webhooks.deliveries(admin, id)).items).toMatchObject([
    { event: 'test', status: 'failed', lastError: 'the webhook is paused' },
  ])
  await expect(stage.webhooks.test(admin, id)).rejects.toMatchObject({ code: 'conflict' })
})

test('only administrators set webhooks up', async () => {
  const stage = parts()
  const analyst: Actor = { ...admin, role: 'analyst' }

  await expect(
    stage.webhooks.create(analyst, draft('https://hooks.partner-tools.com/x')),
  ).rejects.toMatchObject({
    code: 'forbidden',
  })
  await expect(stage.webhooks.list(analyst)).rejects.toMatchObject({ code: 'forbidden' })
})

describe('where a webhook may lie', () => {
  const create = (url: string, allowPrivate: boolean) =>
    parts().webhooks.create(admin, draft(url, { allowPrivate }))

  test.each([
    'https://hooks.slack.com/services/T/B/x',
    'https://93.184.215.14/hook',
    'https://[2606:4700::1111]/hook',
  ])('%s is accepted', async url => {
    await expect(create(url, false)).resolves.toMatchObject({ url: new URL(url).href })
  })

  test.each([
    'http://hooks.slack.com/x',
    'ftp://hooks.slack.com/x',
    'https://user:secret@hooks.slack.com/x',
    'https://169.254.169.254/latest/meta-data',
    'https://[fe80::1]/x',
    'https://[::ffff:169.254.169.254]/x',
    'https://0xa9.0xfe.0xa9.0xfe/x',
    'nonsense',
  ])('%s is refused, whatever is allowed', async url => {
    await expect(create(url, true)).rejects.toMatchObject({
      details: { fields: { url: expect.any(String) } },
    })
  })

  test.each([
    'http://localhost:8080/x',
    'http://127.0.0.1:8080/x',
    'https://localhost/x',
    'https://10.1.2.3/x',
    'https://192.168.0.1/x',
    'https://[fd12::1]/x',
    'https://[::1]/x',
    'https://2130706433/x',
    'https://intranet/x',
    'https://tickets.corp.internal/x',
  ])('%s is accepted only when private addresses are allowed', async url => {
    await expect(create(url, false)).rejects.toMatchObject({ code: 'invalid' })
    await expect(create(url, true)).resolves.toMatchObject({ allowPrivate: true })
  })

  test('a name that leads to a private address is refused when the message is sent', async () => {
    const { url, received } = await givenReceiver()
    const stage = parts()
    const { id } = await stage.webhooks.create(admin, draft(url))
    const disguised = `http://localhost:${new URL(url).port}/hook`
    await database.db.webhook.update({ where: { id }, data: { url: disguised, allowPrivate: false } })

    await deliver(stage)

    expect(received).toEqual([])
    expect((await stage.webhooks.get(admin, id)).lastDelivery).toMatchObject({
      status: 'failed',
      attempts: 1,
    })
  })
})
