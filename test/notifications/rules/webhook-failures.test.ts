import { expect, test } from 'vitest'
import { admin } from '../../tenants/givens.ts'
import { deliveries, givenRule, receiver, stage, useReceiver, withAlerts } from './receiver-stage.ts'

useReceiver()

test('a receiver that throttles is asked again when it said, and told once', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await givenRule({ format: 'slack' })
  receiver.answer({ status: 429, headers: { 'retry-after': '120' }, text: 'rate_limited' }, 200)

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive(119)
  const [waits] = await deliveries(id)
  const early = receiver.received.length
  await stage.drive(2)

  expect(waits).toMatchObject({
    status: 'pending',
    failure: { code: 'channel_throttled', retryAfterSeconds: 120 },
  })
  expect(early).toBe(1)
  expect(receiver.received).toHaveLength(2)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 2 }])
})

test('a connector of Teams that says 200 and means 429 is not believed', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await givenRule({ format: 'teams' })
  receiver.answer(
    {
      status: 200,
      text: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429',
    },
    200,
  )

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()
  const [throttled] = await deliveries(id)
  await stage.drive(60)

  expect(throttled).toMatchObject({ status: 'pending', failure: { code: 'channel_throttled' } })
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered' }])
})

test('a receiver that gives no answer is asked again, and so is one that broke off', async () => {
  const rules = await givenRule({ url: 'http://127.0.0.1:1/closed' })
  const tenant = await stage.tenant('Contoso')

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()

  expect(await deliveries(rules.id)).toMatchObject([
    {
      status: 'pending',
      failure: {
        code: 'channel_unreachable',
        serviceCode: 'ECONNREFUSED',
        message: expect.stringContaining('nothing listens'),
      },
    },
  ])
})

test('a silent receiver is given up after its time', async () => {
  receiver.answer('silent')
  const { id } = await givenRule()
  const tenant = await stage.tenant('Contoso')

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()

  expect(await deliveries(id)).toMatchObject([
    { status: 'pending', failure: { code: 'channel_unreachable' } },
  ])
}, 30_000)

test('a webhook for rules alone is told nothing else, and a paused one nothing at all', async () => {
  const { webhookId, id } = await givenRule({ rulesOnly: true })
  const [webhook] = await stage.webhooks.list(admin)
  await stage.webhooks.setEnabled(admin, webhookId, false)
  const tenant = await stage.tenant('Contoso')

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()

  expect(webhook).toMatchObject({ rulesOnly: true })
  const { findEnabledWebhooks } = await import('../../../src/notifications/webhooks/store.ts')
  expect(await findEnabledWebhooks(stage.db)).toEqual([])
  expect(receiver.received).toEqual([])
  expect(await deliveries(id)).toMatchObject([{ status: 'failed', failure: { code: 'channel_paused' } }])
})

test('a message whose process died in the middle of a try is sent, once its time is over', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await givenRule()
  await stage.arrive(tenant, ['1', withAlerts])
  await stage.matcher.work()
  const [waiting] = await deliveries(id)
  // As a kill -9 leaves it: claimed, and nobody works on it.
  stage.waiting.length = 0
  const lostAt = new Date(stage.now().getTime() + 60_000)
  await stage.db.notificationDelivery.update({
    where: { id: waiting?.id ?? '' },
    data: { attempts: 1, nextAttemptAt: lostAt },
  })

  await stage.ruleDeliveries.resume()
  await stage.drive()
  const early = receiver.received.length
  stage.forward(61)
  await Promise.all([stage.ruleDeliveries.resume(), stage.ruleDeliveries.resume()])
  await Promise.all(stage.waiting.splice(0).map(({ id }) => stage.ruleDeliveries.attempt(id)))

  expect(early).toBe(0)
  expect(receiver.received).toHaveLength(1)
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 2 }])
})
