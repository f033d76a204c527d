import { createHmac, timingSafeEqual } from 'node:crypto'
import { expect, test } from 'vitest'
import { createNotifications } from '../../src/notifications/notifications.ts'
import { pausesSeconds } from '../../src/notifications/webhooks/deliveries.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { freePort } from '../helpers/process.ts'
import { admin, givenTenant } from '../tenants/givens.ts'
import {
  deliver,
  draft,
  findings,
  given,
  givenReceiver,
  type Received,
  useWebhooks,
  webhookStage,
} from './webhook-stage.ts'

useWebhooks()

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

test('a message is signed over its id, its time and its body, and nothing of the secret is in the database', async () => {
  const { url, received } = await givenReceiver()
  const stage = webhookStage()
  const { id, secret } = await stage.webhooks.create(admin, draft(url))

  await deliver(stage)

  const [message] = received
  if (!message) throw new Error('nothing arrived')
  expect(isSigned(message, secret)).toBe(true)
  expect(isSigned({ ...message, body: `${message.body} ` }, secret)).toBe(false)
  expect(Number(message.headers['webhook-timestamp']) * 1000).toBe(given.time.getTime())
  expect(JSON.parse(message.body)).toEqual(findings())
  const rows = JSON.stringify(await given.database.db.webhook.findMany())
  expect(rows).not.toContain(secret.slice(6, 20))
  expect(await stage.webhooks.secret(admin, id)).toBe(secret)
})

test('a receiver that is down is tried with growing pauses until it answers', async () => {
  const { url, received } = await givenReceiver(503, 500, 429, 200)
  const stage = webhookStage()
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
  const stage = webhookStage()
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
  const stage = webhookStage()
  await stage.webhooks.create(admin, draft(gone.url))
  await stage.webhooks.create(admin, draft(busy.url))

  const pauses = await deliver(stage)

  expect(gone.received).toHaveLength(1)
  expect(pauses).toEqual([120])
})

test('where nobody listens is said in words, and tried again', async () => {
  const stage = webhookStage()
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
  const stage = webhookStage()
  const { id } = await stage.webhooks.create(admin, draft(url))
  const notifications = createNotifications({ db: given.database.db, deliveries: stage.deliveries })
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

test('a failed message can be sent again, with the id of the first', async () => {
  const { url, received } = await givenReceiver(400, 200)
  const stage = webhookStage()
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
  const stage = webhookStage()
  await stage.webhooks.create(admin, draft(url))
  await given.database.db.$transaction(tx => stage.deliveries.write(tx, () => findings()))
  given.time = new Date(given.time.getTime() + 61_000)

  await stage.deliveries.resume()
  const ids = stage.waiting.splice(0).map(({ id }) => id)
  await Promise.all([...ids, ...ids].map(id => stage.deliveries.attempt(id)))

  expect(received).toHaveLength(1)
})

test('for a day after a change of the secret receivers with the old one still accept messages', async () => {
  const { url, received } = await givenReceiver()
  const stage = webhookStage()
  const { id, secret: old } = await stage.webhooks.create(admin, draft(url))
  const secret = await stage.webhooks.rotateSecret(admin, id)

  await deliver(stage)
  given.time = new Date(given.time.getTime() + 25 * 3_600_000)
  await deliver(stage)

  expect(received.map(message => [isSigned(message, old), isSigned(message, secret)])).toEqual([
    [true, true],
    [false, true],
  ])
})

test('a webhook limited by tags is told of its tenants only, and of others nothing at all', async () => {
  const { url, received } = await givenReceiver()
  const stage = webhookStage()
  const tenantId = await givenTenant(given.database.db, { name: 'Northwind', tags: ['north'] })
  await stage.webhooks.create(admin, draft(url, { limitedToTags: ['north'] }))
  const announced = (ids: string[]) => (isVisible: (id: string) => boolean) =>
    ids.some(isVisible) ? findings({ newRows: ids.filter(isVisible).length }) : null

  for (const ids of [[tenantId, 'other'], ['other']]) {
    await (await given.database.db.$transaction(tx => stage.deliveries.write(tx, announced(ids))))()
  }
  await deliver(stage, null)

  expect(received.map(({ body }) => JSON.parse(body).newRows)).toEqual([1])
})

test('a paused webhook is told nothing, and nothing that already waits', async () => {
  const { url, received } = await givenReceiver()
  const stage = webhookStage()
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
  const stage = webhookStage()
  const analyst: Actor = { ...admin, role: 'analyst' }

  await expect(
    stage.webhooks.create(analyst, draft('https://hooks.partner-tools.com/x')),
  ).rejects.toMatchObject({
    code: 'forbidden',
  })
  await expect(stage.webhooks.list(analyst)).rejects.toMatchObject({ code: 'forbidden' })
})
